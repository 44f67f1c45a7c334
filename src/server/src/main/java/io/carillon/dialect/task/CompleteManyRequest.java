package io.carillon.dialect.task;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.task.TaskId;
import java.util.List;
import java.util.Optional;

/**
 * The results of many tasks.
 *
 * @param results each with its task, or why it is refused, in order
 * @param take the tasks that the worker wants next, in the same answer
 */
record CompleteManyRequest(List<Outcome<Of>> results, Optional<TakeRequest> take) {
    /** A result and its task. */
    record Of(TaskId id, CompleteRequest request) {}

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep a field of a result may be nested
     * @param most how many results there may be
     * @throws Refused ({@link Reason#INVALID}) when the whole cannot be; what is wrong with one result alone is said there
     */
    static CompleteManyRequest of(byte[] body, int depth, int most) {
        List<Outcome<Of>> results = null;
        TakeRequest take = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "results" -> results = fields.each(most, CompleteManyRequest::result);
                case "take" -> {
                    EnvelopeReader inner = fields.object();
                    take = inner == null ? null : TakeRequest.read(inner);
                }
                default -> {}
            }
        }
        if (results == null) {
            throw new Refused(Reason.INVALID, "results cannot be null", "results");
        }
        return new CompleteManyRequest(results, Optional.ofNullable(take));
    }

    private static Of result(EnvelopeReader fields) {
        String id = null;
        Integer attempt = null;
        CompleteRequest result = null;
        while (fields.next()) {
            switch (fields.name()) {
                case "task_id" -> id = fields.text();
                case "attempt" -> attempt = fields.integer(1, Integer.MAX_VALUE);
                case "result" -> {
                    EnvelopeReader inner = fields.userObject();
                    result = inner == null ? null : CompleteRequest.read(inner);
                }
                default -> {}
            }
        }
        if (id == null) {
            throw new Refused(Reason.INVALID, "task_id cannot be null", "task_id");
        }
        if (result == null) {
            throw new Refused(Reason.INVALID, "result cannot be null", "result");
        }
        return new Of(TaskId.parse(id), attempt == null ? result : result.ofAttempt(attempt));
    }
}
