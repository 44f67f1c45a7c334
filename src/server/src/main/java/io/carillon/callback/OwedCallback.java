package io.carillon.callback;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    private static final Pattern QUEUE = Pattern.compile("TASK-(\\d{1,9})-.*");

    public OwedCallback {
        Objects.requireNonNull(taskId, "taskId");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(url, "url");
        Objects.requireNonNull(body, "body");
    }

    /** The number of the task's queue, which every task id has; 0 when this is none. */
    int queue() {
        Matcher id = QUEUE.matcher(taskId);
        return id.matches() ? Integer.parseInt(id.group(1)) : 0;
    }

    /** Neither the body nor the url: they must not reach a log. */
    @Override
    public String toString() {
        return "OwedCallback[" + taskId + ", " + body.length + " bytes]";
    }
}
