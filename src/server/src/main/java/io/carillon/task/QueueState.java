package io.carillon.task;

import io.carillon.queue.Level;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How a level of a queue stands.
 *
 * @param counts {@code waiting} and {@code running} now; by final state, {@code put}, {@code taken}, {@code completed}
 *     and {@code redelivered} since ever
 * @param oldestAge for how long what waits longest has waited, in ms; empty when nothing waits
 */
public record QueueState(Level level, Map<String, Long> counts, OptionalLong oldestAge) {

    public long count(String what) {
        return counts.getOrDefault(what, 0L);
    }
}
