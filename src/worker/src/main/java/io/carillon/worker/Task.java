package io.carillon.worker;

import java.time.Instant;

/**
 * A task as it was given to this worker.
 *
 * @param queue full queue name, such as {@code demo:0}
 * @param endpoint what the producer wants done, such as {@code /v1/chat/completions}
 * @param data the producer's JSON, to the letter; null when there is none
 * @param responseMode {@code callback}, {@code blocking}, {@code streaming} or {@code batch}
 * @param attempt how often the task was given to a worker, this time included; 0 from a server that does not count
 * @param instance where events for the task's caller go on the event bus; null for an offline task
 * @param expires when nobody wants the result any more
 * @param leaseExpires until when this worker has the task, unless a heartbeat renews it; null from a server that does not say
 * @param traceId what the producer called the work that this is a part of; null or empty when it did not
 */
public record Task(
        String id,
        String queue,
        String endpoint,
        String data,
        String responseMode,
        int attempt,
        String instance,
        Instant expires,
        Instant leaseExpires,
        String traceId) {

    /** Without the data: no payload belongs in a log. */
    @Override
    public String toString() {
        return "Task[" + id + ", attempt " + attempt + "]";
    }
}
