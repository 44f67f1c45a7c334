package io.carillon.callback;

import java.time.Instant;
import java.util.Optional;

/**
 * A callback as a person reads it.
 *
 * @param number grows with the time at which it was owed
 * @param owner the public id of the key that put the task
 * @param queue the number of the task's queue; 0 when unknown
 * @param traceId the producer's own correlation id, or null
 * @param attempts how many have begun, in all rounds
 * @param next when the next attempt is due; empty unless it is pending and no attempt is under way
 * @param retryUntil when it is given up at the latest
 * @param delivered when it arrived
 * @param lastStatus the receiver's HTTP status at the last attempt, or null when none came
 * @param lastError why no status came at the last attempt, or null
 * @param size of the body in bytes
 */
public record Callback(
        long number,
        String taskId,
        String owner,
        int queue,
        String url,
        String traceId,
        CallbackState state,
        int attempts,
        Instant created,
        Optional<Instant> next,
        Instant retryUntil,
        Optional<Instant> delivered,
        Integer lastStatus,
        String lastError,
        int size) {
    /** Without the url: receivers keep secrets in it. */
    @Override
    public String toString() {
        return "Callback[" + taskId + ", " + state + "]";
    }
}
