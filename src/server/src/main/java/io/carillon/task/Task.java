package io.carillon.task;

import io.carillon.platform.json.RawJson;

/**
 * A task as it stands: what somebody who asks for it sees.
 *
 * @param data the user's JSON; null where a list leaves it out
 * @param accepted its place in the queue: microseconds since 1970, unique within the queue
 * @param expires when it ends at the latest, in ms
 * @param attempt how often it was given to a worker; the number of the current attempt
 * @param lost how many leases ran out
 * @param worker who has it or had it last, or null when unknown
 * @param deadline when the current lease ends, in ms; 0 without one
 * @param started when the last attempt began, in ms; 0 when nobody took it yet
 * @param ended when it reached its final state, in ms; 0 while it has not
 * @param result the whole completion, or null
 * @param progress the latest progress, or null
 * @param error why it ended badly, in words, or null
 * @param instance the instance that holds the caller, or null
 */
public record Task(
        TaskId id,
        TaskState state,
        Specification specification,
        RawJson data,
        long accepted,
        long expires,
        int attempt,
        int lost,
        String worker,
        long deadline,
        long started,
        long ended,
        RawJson result,
        RawJson progress,
        String error,
        String instance) {

    /** When it was accepted, in ms. */
    public long acceptedMillis() {
        return accepted / 1000;
    }

    /** For lists. */
    Task withoutPayloads() {
        return new Task(
                id,
                state,
                specification,
                null,
                accepted,
                expires,
                attempt,
                lost,
                worker,
                deadline,
                started,
                ended,
                result,
                progress,
                error,
                instance);
    }
}
