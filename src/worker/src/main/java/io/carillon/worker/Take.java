package io.carillon.worker;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * A worker's wish for tasks.
 *
 * @param queues full queue names such as {@code demo:0}; at least one
 * @param size how many tasks at most
 * @param strategy {@code fifo}, {@code round_robin}, {@code active_passive} or {@code sequential}
 * @param patience how long the server may wait for a task before it answers that there is none; whole seconds, at most 60
 * @param lease how long the worker may have a task before another gets it; whole seconds, or null for the server's default
 * @param workerId the worker's name, or null
 */
public record Take(List<String> queues, int size, String strategy, Duration patience, Duration lease, String workerId) {

    public Take {
        queues = List.copyOf(queues);
        if (queues.isEmpty()) {
            throw new IllegalArgumentException("A take names at least one queue");
        }
        Objects.requireNonNull(strategy);
        Objects.requireNonNull(patience);
    }

    /** One task from these queues, the oldest, without waiting. */
    public static Take from(String... queues) {
        return new Take(List.of(queues), 1, "fifo", Duration.ZERO, null, null);
    }

    /** The same, so many tasks at most. */
    public Take size(int most) {
        return new Take(queues, most, strategy, patience, lease, workerId);
    }

    /** The same, in the order of this strategy, named as on the wire. */
    public Take strategy(String name) {
        return new Take(queues, size, name, patience, lease, workerId);
    }

    /** The same, waiting so long for a task; whole seconds, at most 60. */
    public Take waiting(Duration atMost) {
        return new Take(queues, size, strategy, atMost, lease, workerId);
    }

    /** The same, with this lease; whole seconds, at least one, or null for the server's default. */
    public Take lease(Duration length) {
        return new Take(queues, size, strategy, patience, length, workerId);
    }

    /** The same, under this worker's name. */
    public Take as(String worker) {
        return new Take(queues, size, strategy, patience, lease, worker);
    }
}
