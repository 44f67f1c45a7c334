package io.carillon.task;

import io.carillon.platform.json.RawJson;
import java.time.Duration;

/**
 * A task that somebody wants to put.
 *
 * @param id made by {@link Tasks#newId}
 * @param data the user's JSON
 * @param life how long it may take until it ends, from now; positive
 * @param instance the instance that holds the caller, or null when nobody waits in a request
 * @param due when it may be taken at the earliest
 */
public record NewTask(
        TaskId id,
        Specification specification,
        RawJson data,
        Duration life,
        String instance,
        Retries retries,
        Due due) {
    /** One that may be taken at once, as often as its queue says. */
    public NewTask(TaskId id, Specification specification, RawJson data, Duration life, String instance) {
        this(id, specification, data, life, instance, Retries.USUAL, Due.AT_ONCE);
    }

    public NewTask {
        if (life.isNegative() || life.isZero()) {
            throw new IllegalArgumentException("A task must live for some time");
        }
    }

    /** The same under another id of the same queue, level and mode. */
    public NewTask withId(TaskId other) {
        return new NewTask(other, specification, data, life, instance, retries, due);
    }

    /** The same with a caller that this instance holds. */
    public NewTask heldBy(String holder) {
        return new NewTask(id, specification, data, life, holder, retries, due);
    }

    boolean owesCallback() {
        return id.mode() == ResponseMode.CALLBACK && specification.callbackUrl() != null;
    }

    int size() {
        return data.bytes().length + 512;
    }
}
