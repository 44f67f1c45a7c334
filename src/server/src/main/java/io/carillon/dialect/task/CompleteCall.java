package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.Exchange;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.LongTakes;
import io.carillon.task.Take;
import io.carillon.task.TaskId;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the result of a task. Answers 200 with the id whatever became of the result, for a worker could do nothing about it;
 * or, with {@code take}, with an object that says so and has the next tasks. Contract: bella-queue 9.
 */
class CompleteCall implements DirectCall {
    private static final Logger LOG = LoggerFactory.getLogger(CompleteCall.class);
    private static final int OK = 200;
    private static final byte[] NOTHING = {'{', '}'};

    private final Completions completions;
    private final LongTakes takes;
    private final TakeAnswers answers;
    private final TaskApiErrors errors;
    private final Queues queues;
    private final Configuration configuration;
    private final ExecutorService executor;

    CompleteCall(
            Completions completions,
            LongTakes takes,
            TakeAnswers answers,
            TaskApiErrors errors,
            Queues queues,
            Configuration configuration,
            ExecutorService executor) {
        this.completions = completions;
        this.takes = takes;
        this.answers = answers;
        this.errors = errors;
        this.queues = queues;
        this.configuration = configuration;
        this.executor = executor;
    }

    /** What came of a result, and the next tasks by full queue name. */
    record Completed(String taskId, boolean accepted, Map<String, List<TaskAnswer>> tasks) {}

    @Override
    public void answer(Exchange exchange, Caller caller, String text) throws IOException {
        TaskId id = TaskId.parse(text);
        byte[] body = exchange.json(configuration.bodyLimit());
        WorkerAccess.require(caller, id, queues);
        CompleteRequest request = CompleteRequest.of(body, configuration.jsonDepth());
        if (request.take().isPresent()) {
            completeAndTake(exchange, caller, id, request);
            return;
        }
        exchange.later();
        exchange.answer(
                completions.one(id, request),
                accepted -> exchange.answer(
                        OK,
                        RawJson.ofString(id.text()).bytes(),
                        accepted ? Map.of() : Map.of(BareText.ACCEPTED, "false")),
                errors::answer);
    }

    /** A take that cannot be is refused before the result counts; one that fails later just brings nothing. */
    private void completeAndTake(Exchange exchange, Caller caller, TaskId id, CompleteRequest request)
            throws IOException {
        TakeRequest wanted = request.take().orElseThrow();
        wanted.queues().forEach(name -> caller.require(name.queue()));
        Take take = wanted.take();
        takes.requireRegistered(take);
        LateAnswer late = exchange.lateAnswer();
        Stages.on(executor, completions.one(id, request)).whenComplete((accepted, refused) -> {
            if (refused != null) {
                late.refuse(errors.answer(refused), NOTHING);
                return;
            }
            answers.give(take, late, tasks -> new Completed(id.text(), accepted, tasks), failure -> {
                LOG.warn("Task {} was completed, but nothing could be taken after it", id, failure);
                late.give(Json.bytes(new Completed(id.text(), accepted, Map.of())));
            });
        });
    }
}
