package io.carillon.task;

import io.carillon.queue.Level;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What this instance has done with tasks since it started, by queue and level: there are never more entries than levels in
 * use. Counting costs a look into a map and some additions. Safe for many threads.
 */
public class TaskCounts {
    /** The counts of one level of a queue. */
    public static final class OfLevel {
        private final int queue;
        private final Level level;
        private final LongAdder put = new LongAdder();
        private final LongAdder taken = new LongAdder();
        private final LongAdder redelivered = new LongAdder();
        private final Map<TaskState, LongAdder> ended = new EnumMap<>(TaskState.class);
        private final Durations waited = new Durations();
        private final Durations ran = new Durations();

        private OfLevel(int queue, Level level) {
            this.queue = queue;
            this.level = level;
            for (TaskState state : TaskState.values()) {
                if (state.isFinal()) {
                    ended.put(state, new LongAdder());
                }
            }
        }

        /** The queue's number. */
        public int queue() {
            return queue;
        }

        public Level level() {
            return level;
        }

        /** Tasks that were put. */
        public long put() {
            return put.sum();
        }

        /** Attempts that were given to workers. */
        public long taken() {
            return taken.sum();
        }

        /** Leases that ran out and whose task waits again. */
        public long redelivered() {
            return redelivered.sum();
        }

        /** Tasks that ended so. */
        public long ended(TaskState state) {
            LongAdder count = ended.get(state);
            return count == null ? 0 : count.sum();
        }

        /** From acceptance to the start of the last attempt, of tasks that have ended. */
        public Durations waited() {
            return waited;
        }

        /** From the start of the last attempt to the end. */
        public Durations ran() {
            return ran;
        }
    }

    private final Map<Long, OfLevel> levels = new ConcurrentHashMap<>();

    void put(TaskId id) {
        of(id).put.increment();
    }

    void taken(TaskId id) {
        of(id).taken.increment();
    }

    void redelivered(TaskId id) {
        of(id).redelivered.increment();
    }

    /**
     * @param waited in ms, or -1
     * @param ran in ms, or -1
     */
    void ended(TaskId id, TaskState state, long waited, long ran) {
        OfLevel level = of(id);
        level.ended.get(state).increment();
        if (waited >= 0) {
            level.waited.record(waited);
        }
        if (ran >= 0) {
            level.ran.record(ran);
        }
    }

    /** The levels that this instance has had to do with. */
    public Collection<OfLevel> all() {
        return List.copyOf(levels.values());
    }

    private OfLevel of(TaskId id) {
        long key = id.queue() * 10L + id.level().value();
        OfLevel known = levels.get(key);
        return known != null ? known : levels.computeIfAbsent(key, k -> new OfLevel(id.queue(), id.level()));
    }
}
