package io.carillon.dialect.task;

import io.carillon.dialect.admin.SettingsAnswer;
import io.carillon.queue.Queue;
import io.carillon.task.QueueState;
import java.util.List;

/**
 * A queue and how it stands.
 *
 * @param createdAt ms since 1970
 * @param createdBy the public id of the key that registered it
 * @param oldestWaitingSeconds how long the task that waits longest has waited; 0 when none waits
 */
record QueueAnswer(
        String queue,
        String endpoint,
        int number,
        long createdAt,
        String createdBy,
        Counts counts,
        double oldestWaitingSeconds,
        List<LevelAnswer> levels,
        SettingsAnswer settings) {

    /** How many tasks wait and run now, and how many ended in each state since the queue was registered. */
    record Counts(long waiting, long running, long succeeded, long failed, long timeout, long cancelled, long put) {
        static Counts of(List<QueueState> levels) {
            return new Counts(
                    sum(levels, "waiting"),
                    sum(levels, "running"),
                    sum(levels, "succeeded"),
                    sum(levels, "failed"),
                    sum(levels, "timeout"),
                    sum(levels, "cancelled"),
                    sum(levels, "put"));
        }

        private static long sum(List<QueueState> levels, String what) {
            return levels.stream().mapToLong(level -> level.count(what)).sum();
        }
    }

    /** One level, {@code name} as a take names it. */
    record LevelAnswer(String name, int level, Counts counts, double oldestWaitingSeconds) {}

    static QueueAnswer of(Queue queue, List<QueueState> levels) {
        return new QueueAnswer(
                queue.name().text(),
                queue.endpoint(),
                queue.number(),
                queue.createdAt(),
                queue.createdBy(),
                Counts.of(levels),
                levels.stream().mapToDouble(LevelStats::ageSeconds).max().orElse(0),
                levels.stream().map(level -> level(queue, level)).toList(),
                SettingsAnswer.of(queue.settings()));
    }

    private static LevelAnswer level(Queue queue, QueueState state) {
        return new LevelAnswer(
                queue.name().text() + ":" + state.level(),
                state.level().value(),
                Counts.of(List.of(state)),
                LevelStats.ageSeconds(state));
    }
}
