package io.carillon.dialect.task;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import io.carillon.task.ResultFields;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The result of a task. {@code attempt} and {@code take} are ours only when they look it; the user's own fields of these
 * names are a part of the result like any other.
 *
 * @param result the whole object as it was sent, without the {@code take} that is ours: it is stored, handed to the caller
 *     and posted to the callback
 * @param fields what the server reads of it
 * @param attempt which delivery of the task this is the result of: a number above 0; empty from a worker that does not count
 * @param take the tasks that the worker wants next, in the same answer: an object that names {@code queues}
 */
public record CompleteRequest(
        RawJson result, ResultFields fields, Optional<Integer> attempt, Optional<TakeRequest> take) {

    /**
     * Reads and checks the body of a request. All of it is user JSON, so nothing in it is lenient. A status code that is none
     * refuses nothing, for then the result would be lost: see {@link ResultFields#ofAny}.
     *
     * @param depth how deep a field of it may be nested
     * @throws Refused {@link Reason#INVALID}
     */
    public static CompleteRequest of(byte[] body, int depth) {
        return read(EnvelopeReader.overStrict(body, depth), ResultFields.Collector::anyFields);
    }

    /**
     * Reads an object that is a result.
     *
     * @throws Refused {@link Reason#INVALID}, also for a status code that is none
     */
    static CompleteRequest read(EnvelopeReader fields) {
        return read(fields, ResultFields.Collector::fields);
    }

    private static CompleteRequest read(
            EnvelopeReader fields, Function<ResultFields.Collector, ResultFields> ofCollected) {
        ResultFields.Collector result = new ResultFields.Collector();
        Integer attempt = null;
        TakeRequest take = null;
        while (fields.next()) {
            if (result.accept(fields)) {
                continue;
            }
            switch (fields.name()) {
                case "attempt" -> {
                    Outcome<Integer> given = fields.integerIfAny(1, Integer.MAX_VALUE);
                    attempt = given.isFailed() ? null : given.value();
                }
                case "take" -> {
                    RawJson given = fields.raw();
                    if (given != null && given.field("queues").isPresent()) {
                        fields.leaveOut();
                        take = TakeRequest.read(EnvelopeReader.overChecked(given));
                    }
                }
                default -> {}
            }
        }
        return new CompleteRequest(
                fields.whole(), ofCollected.apply(result), Optional.ofNullable(attempt), Optional.ofNullable(take));
    }

    /** The same as the result of that attempt. */
    CompleteRequest ofAttempt(int number) {
        return new CompleteRequest(result, fields, Optional.of(number), take);
    }

    /** The result as the engine wants it. */
    Tasks.Result of(TaskId id) {
        return new Tasks.Result(id, attempt.map(OptionalInt::of).orElseGet(OptionalInt::empty), result, fields);
    }
}
