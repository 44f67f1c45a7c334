package io.carillon.batch;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many batches this instance has had to do with since it started, by queue. A batch counts as soon as it is known which
 * queue it goes to; one that never had a queue does not. Safe for many threads.
 */
public class BatchCounts {

    /** The counts of one queue. */
    public static final class OfQueue {
        private final int queue;
        private final LongAdder created = new LongAdder();
        private final LongAdder split = new LongAdder();
        private final Map<BatchState, LongAdder> ended = new EnumMap<>(BatchState.class);

        private OfQueue(int queue) {
            this.queue = queue;
            for (BatchState state : BatchState.values()) {
                if (state.isFinal()) {
                    ended.put(state, new LongAdder());
                }
            }
        }

        /** The queue's number. */
        public int queue() {
            return queue;
        }

        /** Batches that went to the queue. */
        public long created() {
            return created.sum();
        }

        /** Batches all of whose lines became tasks. */
        public long split() {
            return split.sum();
        }

        /** Batches that ended so. */
        public long ended(BatchState state) {
            LongAdder count = ended.get(state);
            return count == null ? 0 : count.sum();
        }
    }

    private final Map<Integer, OfQueue> queues = new ConcurrentHashMap<>();

    void created(int queue) {
        of(queue).created.increment();
    }

    void split(int queue) {
        of(queue).split.increment();
    }

    void ended(int queue, BatchState state) {
        of(queue).ended.get(state).increment();
    }

    /** The queues that had batches here. */
    public Collection<OfQueue> all() {
        return List.copyOf(queues.values());
    }

    private OfQueue of(int queue) {
        return queues.computeIfAbsent(queue, OfQueue::new);
    }
}
