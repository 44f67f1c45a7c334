package io.carillon.worker.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.worker.PermanentFailure;
import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import java.util.Optional;

/**
 * A line of a child, and one for it. Contract: runqy 4.
 *
 * @param taskId whose answer it is; null for a line about the child itself
 * @param status {@code ready}, {@code error}, or null
 * @param result any JSON, or null
 * @param error what went wrong; null when nothing did
 * @param retry whether another attempt may help
 */
record ChildAnswer(String taskId, String status, JsonNode result, String error, boolean retry) {
    private static final int OK = 200;

    /** Empty for a line that is no JSON object. */
    static Optional<ChildAnswer> read(String line) {
        try {
            JsonNode tree = Trees.JSON.readTree(line);
            if (tree == null || !tree.isObject()) {
                return Optional.empty();
            }
            JsonNode id = tree.path("task_id");
            return Optional.of(new ChildAnswer(
                    id.isValueNode() && !id.isNull() ? id.asText() : null,
                    tree.path("status").isTextual() ? tree.path("status").asText() : null,
                    tree.hasNonNull("result") ? tree.get("result") : null,
                    error(tree),
                    !tree.path("retry").isBoolean() || tree.path("retry").asBoolean()));
        } catch (JsonProcessingException noJson) {
            return Optional.empty();
        }
    }

    /** An empty text is an error too when there is no result: an exception need not have words. */
    private static String error(JsonNode tree) {
        JsonNode error = tree.path("error");
        if (error.isMissingNode() || error.isNull()) {
            return null;
        }
        String text = error.isTextual() ? error.asText() : error.toString();
        if (!text.isBlank()) {
            return text;
        }
        return tree.hasNonNull("result") ? null : "The child failed without a word";
    }

    /** What the task ends with. */
    Result result(Secrets secrets) throws PermanentFailure, AttemptFailed {
        if (error != null) {
            if (retry) {
                throw new AttemptFailed(secrets.masked(error));
            }
            throw new PermanentFailure(secrets.masked(error));
        }
        return Result.ofJson(OK, result == null ? null : result.toString());
    }

    /** The attempt failed, in the child's words. */
    static final class AttemptFailed extends Exception {
        private static final long serialVersionUID = 1L;

        AttemptFailed(String why) {
            super(why);
        }
    }

    /** The line that gives a task to a child, with its end. */
    static String request(TaskWrapper task) {
        ObjectNode request = Trees.JSON.createObjectNode();
        request.put("task_id", task.id());
        request.put("type", queue(task));
        request.put("queue", task.getTask().queue());
        request.put("endpoint", task.getTask().endpoint());
        request.put("retry_count", Math.max(0, task.attempt() - 1));
        request.put("attempt", task.attempt());
        String head = request.toString();
        String data = task.getPayload();
        // The data goes as it came, but for line ends, which JSON has only between its tokens.
        return head.substring(0, head.length() - 1) + ",\"payload\":"
                + (data == null ? "null" : data.replace('\n', ' ').replace('\r', ' ')) + "}\n";
    }

    private static String queue(TaskWrapper task) {
        String full = task.getTask().queue();
        return full.substring(0, full.lastIndexOf(':'));
    }
}
