package io.carillon.callback;

import java.util.Objects;

/**
 * A callback that a completed task owes to the one who put it.
 *
 * @param taskId the task; a task owes at most one callback
 * @param owner public id of the key that put the task
 * @param url where to, as it was given with the task
 * @param body the completion as JSON, sent byte for byte; not copied, so nobody may change it
 * @param traceId the caller's own correlation id, or null
 */
public record OwedCallback(String taskId, String owner, String url, byte[] body, String traceId) {
    public OwedCallback {
        Objects.requireNonNull(taskId, "taskId");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(url, "url");
        Objects.requireNonNull(body, "body");
    }

    /** Neither the body nor the url: they must not reach a log. */
    @Override
    public String toString() {
        return "OwedCallback[" + taskId + ", " + body.length + " bytes]";
    }
}
