package io.carillon.task;

import io.carillon.platform.json.RawJson;

/**
 * One delivery of a task to a worker.
 *
 * @param number counts the task's attempts from 1; a result that names an older one is refused
 * @param data the user's JSON
 * @param accepted the task's place in the queue, microseconds since 1970
 * @param expires when the task ends at the latest, in ms
 * @param started when it began, in ms
 * @param deadline when the worker's lease ends, in ms
 * @param instance the instance that holds the caller, or null when nobody waits in a request
 * @param lost how many leases of the task ran out before
 * @param failures how many of its attempts failed before
 */
public record Attempt(
        TaskId id,
        int number,
        Specification specification,
        RawJson data,
        long accepted,
        long expires,
        long started,
        long deadline,
        String instance,
        int lost,
        int failures) {

    Attempt with(RawJson loaded) {
        return new Attempt(
                id, number, specification, loaded, accepted, expires, started, deadline, instance, lost, failures);
    }
}
