package io.carillon.task;

import io.carillon.queue.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How many tasks stand where on one level of a queue, over all instances.
 *
 * @param tasks by state: those that are open now, and those that have ended since Redis began to count. A state that no
 *     task was ever in is left out
 * @param put how many were ever put, as far as Redis remembers; likewise the next three
 * @param taken how often one was given to a worker, redeliveries included
 * @param completed how many have ended, in whatever way
 * @param redelivered how often one was taken back from a worker
 * @param oldest how long the one that was accepted first has been there, of those that wait; empty when none waits
 */
public record Depth(
        Level level,
        Map<TaskState, Long> tasks,
        long put,
        long taken,
        long completed,
        long redelivered,
        Optional<Duration> oldest) {

    /** How many tasks are in a state. */
    public long in(TaskState state) {
        return tasks.getOrDefault(state, 0L);
    }
}
