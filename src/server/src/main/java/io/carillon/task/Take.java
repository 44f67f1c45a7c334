package io.carillon.task;

import io.carillon.queue.FullQueueName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A worker's wish for tasks.
 *
 * @param queues from which, in the worker's order
 * @param size at most so many; with {@link Strategy#SEQUENTIAL} it does not matter
 * @param capacities how many at most of single queues, where the worker said so
 * @param leastAge only tasks accepted at least so long ago
 * @param lease how long the worker may have a task without a word; empty for the queue's own
 * @param lostLeases how many leases each task may lose from now on, -1 for any number; empty for what the task has
 * @param worker who takes, or null when it does not say
 * @param heartbeats whether it can be asked how it does; one that cannot gets a longer lease
 * @param patience how long to wait when there is nothing; zero not to wait
 */
public record Take(
        List<FullQueueName> queues,
        Strategy strategy,
        int size,
        Map<FullQueueName, Integer> capacities,
        Duration leastAge,
        Optional<Duration> lease,
        OptionalInt lostLeases,
        String worker,
        boolean heartbeats,
        Duration patience) {
    private static final Duration HEARTBEATING = Duration.ofSeconds(600);
    private static final Duration SILENT = Duration.ofSeconds(3600);

    Take from(List<FullQueueName> others) {
        return new Take(others, strategy, size, capacities, leastAge, lease, lostLeases, worker, heartbeats, patience);
    }

    /** The lease of a queue that has none of its own. */
    Duration usualLease() {
        return heartbeats ? HEARTBEATING : SILENT;
    }

    /** How many tasks of a queue at most. */
    int most(FullQueueName queue) {
        return Math.min(size, capacities.getOrDefault(queue, size));
    }
}
