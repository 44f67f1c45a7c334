package io.carillon.dialect.task;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.http.Problem;
import java.time.Clock;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What each of many is answered. One that failed has the fields of an error of the Task API beside its index. Safe for many
 * threads.
 */
class EachAnswer {
    private static final int OK = 200;

    /**
     * What a put is answered.
     *
     * @param code the HTTP status that the put alone would have had
     * @param timestamp ms since 1970
     * @param data the task's id, when it was put
     * @param message why it was not
     */
    record Put(int index, int code, String message, long timestamp, String data, TaskApiErrors.Detail error) {}

    /**
     * What a result is answered.
     *
     * @param taskId absent when there was none that could be read
     * @param accepted whether the result counts
     * @param code the HTTP status, when there is an error
     * @param timestamp ms since 1970, when there is an error
     */
    record Result(
            int index,
            String taskId,
            boolean accepted,
            Integer code,
            String message,
            Long timestamp,
            TaskApiErrors.Detail error) {}

    private final TaskApiErrors errors;
    private final Clock clock;

    EachAnswer(TaskApiErrors errors, Clock clock) {
        this.errors = errors;
        this.clock = clock;
    }

    /** @param ids of the tasks that were put */
    List<Put> puts(List<Outcome<String>> ids) {
        Function<Throwable, TaskApiErrors.Body> bodies = bodies();
        long now = clock.millis();
        List<Put> answers = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            Outcome<String> id = ids.get(i);
            if (id.isFailed()) {
                TaskApiErrors.Body body = bodies.apply(id.failure());
                answers.add(new Put(i, body.code(), body.message(), body.timestamp(), null, body.error()));
            } else {
                answers.add(new Put(i, OK, null, now, id.value(), null));
            }
        }
        return answers;
    }

    /**
     * @param ids of the tasks, null for one that could not be read
     * @param accepted whether each result counts
     */
    List<Result> results(List<String> ids, List<Outcome<Boolean>> accepted) {
        Function<Throwable, TaskApiErrors.Body> bodies = bodies();
        List<Result> answers = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            Outcome<Boolean> outcome = accepted.get(i);
            if (outcome.isFailed()) {
                TaskApiErrors.Body body = bodies.apply(outcome.failure());
                answers.add(
                        new Result(i, ids.get(i), false, body.code(), body.message(), body.timestamp(), body.error()));
            } else {
                answers.add(new Result(i, ids.get(i), outcome.value(), null, null, null, null));
            }
        }
        return answers;
    }

    /** What failed together is shaped, and logged if nobody foresaw it, once. */
    private Function<Throwable, TaskApiErrors.Body> bodies() {
        Map<Throwable, TaskApiErrors.Body> known = new IdentityHashMap<>();
        return failure -> known.computeIfAbsent(failure, one -> errors.body(Problem.of(one)));
    }
}
