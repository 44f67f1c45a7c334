package io.carillon.task;

import io.carillon.queue.Level;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How a level of a queue stands.
 *
 * @param counts {@code waiting} and {@code running} now; by final state, {@code put}, {@code taken}, {@code completed}
 *     and {@code redelivered} since ever
 * @param oldestWaiting when what waits longest was accepted, in ms since 1970; empty when nothing waits
 */
public record QueueState(Level level, Map<String, Long> counts, OptionalLong oldestWaiting) {

    public long count(String what) {
        return counts.getOrDefault(what, 0L);
    }
}
