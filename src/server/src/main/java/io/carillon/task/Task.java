package io.carillon.task;

import io.carillon.platform.json.RawJson;

/**
 * A task as it stands: what somebody who asks for it sees.
 *
 * @param retries what it says about its attempts
 * @param data the user's JSON; null where a list leaves it out
 * @param accepted its place in the queue: microseconds since 1970, unique within the queue
 * @param expires when it ends at the latest, in ms
 * @param delivery how it was given to workers so far
 * @param ended when it reached its final state, in ms; 0 while it has not
 * @param result the whole completion, or null
 * @param progress the latest progress, or null
 * @param error why it ended badly, or why its latest attempt failed, in words, or null
 * @param instance the instance that holds the caller, or null
 */
public record Task(
        TaskId id,
        TaskState state,
        Specification specification,
        Retries retries,
        RawJson data,
        long accepted,
        long expires,
        Delivery delivery,
        long ended,
        RawJson result,
        RawJson progress,
        String error,
        String instance) {

    /** One that was accepted just now. */
    static Task of(NewTask task, long accepted, long expires) {
        long due = task.due().millis(accepted / 1000);
        return new Task(
                task.id(),
                due > 0 ? TaskState.SCHEDULED : TaskState.WAITING,
                task.specification(),
                task.retries(),
                task.data(),
                accepted,
                expires,
                Delivery.dueAt(due),
                0,
                null,
                null,
                null,
                task.instance());
    }

    /** When it was accepted, in ms. */
    public long acceptedMillis() {
        return accepted / 1000;
    }

    /** The number of the current or latest attempt; 0 before the first. */
    public int attempt() {
        return delivery.attempt();
    }

    /** How many leases ran out. */
    public int lost() {
        return delivery.lost();
    }

    /** Who has it or had it last, or null when unknown. */
    public String worker() {
        return delivery.worker();
    }

    /** When the current lease ends, in ms; 0 without one. */
    public long deadline() {
        return delivery.deadline();
    }

    /** When the latest attempt began, in ms; 0 when nobody took it yet. */
    public long started() {
        return delivery.started();
    }

    /** For lists. */
    Task withoutPayloads() {
        return new Task(
                id,
                state,
                specification,
                retries,
                null,
                accepted,
                expires,
                delivery,
                ended,
                null,
                null,
                error,
                instance);
    }

    Task with(Delivery newer) {
        return new Task(
                id,
                state,
                specification,
                retries,
                data,
                accepted,
                expires,
                newer,
                ended,
                result,
                progress,
                error,
                instance);
    }

    /** The same task, open, with what Redis knows newer of it. */
    Task delivered(Task window) {
        return new Task(
                id,
                window.state,
                specification,
                retries,
                data,
                accepted,
                expires,
                window.delivery,
                0,
                null,
                window.progress,
                window.error != null ? window.error : error,
                null);
    }
}
