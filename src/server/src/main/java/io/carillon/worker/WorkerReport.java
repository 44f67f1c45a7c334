package io.carillon.worker;

import java.util.List;

/**
 * What a worker says of itself with a heartbeat. Whatever it leaves out is null or 0; counts are since it started.
 *
 * @param host where it runs
 * @param pid its process there
 * @param kind of worker, such as {@code openai} or {@code exec}
 * @param version of the worker
 * @param runtime such as {@code Java 17}
 * @param queues from which it takes
 * @param capacity tasks that it can have at once
 * @param running tasks that it has
 * @param state in its own word, such as {@code running} or {@code draining}
 * @param started when it started, in ms since 1970 by its own clock; tells one run from the next
 * @param busyMillis time that its tasks took, summed up
 * @param lastError in words
 */
public record WorkerReport(
        String host,
        long pid,
        String kind,
        String version,
        String runtime,
        List<String> queues,
        int capacity,
        int running,
        String state,
        long started,
        long taken,
        long completed,
        long failed,
        long refused,
        long released,
        long cancelled,
        long busyMillis,
        String lastError) {
    public WorkerReport {
        queues = queues == null ? List.of() : List.copyOf(queues);
    }
}
