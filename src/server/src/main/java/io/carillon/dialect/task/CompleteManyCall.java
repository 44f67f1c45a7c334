package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.http.Exchange;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
import io.carillon.security.Caller;
import io.carillon.task.LongTakes;
import io.carillon.task.Take;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the results of many tasks with one request, and gives the next tasks with the answer. Answers 200 whatever became of
 * the results, with an answer for each. A take that cannot be is refused before any result counts; one that fails later just
 * brings nothing.
 */
class CompleteManyCall implements DirectCall {
    private static final Logger LOG = LoggerFactory.getLogger(CompleteManyCall.class);
    private static final int OK = 200;
    private static final byte[] NOTHING = {'{', '}'};

    private final Completions completions;
    private final LongTakes takes;
    private final TakeAnswers takeAnswers;
    private final EachAnswer answers;
    private final TaskApiErrors errors;
    private final Configuration configuration;
    private final ExecutorService executor;

    CompleteManyCall(
            Completions completions,
            LongTakes takes,
            TakeAnswers takeAnswers,
            EachAnswer answers,
            TaskApiErrors errors,
            Configuration configuration,
            ExecutorService executor) {
        this.completions = completions;
        this.takes = takes;
        this.takeAnswers = takeAnswers;
        this.answers = answers;
        this.errors = errors;
        this.configuration = configuration;
        this.executor = executor;
    }

    /** What came of each result, in order, and the next tasks by full queue name when they were asked for. */
    record CompletedMany(List<EachAnswer.Result> results, Map<String, List<TaskAnswer>> tasks) {}

    @Override
    public void answer(Exchange exchange, Caller caller, String none) throws IOException {
        CompleteManyRequest request = CompleteManyRequest.of(
                exchange.json(configuration.bodyLimit()), configuration.jsonDepth(), configuration.manyMax());
        if (request.take().isEmpty()) {
            exchange.later();
            exchange.answer(
                    complete(request, caller),
                    results -> exchange.answer(OK, Json.bytes(new CompletedMany(results, null))),
                    errors::answer);
            return;
        }
        TakeRequest wanted = request.take().get();
        wanted.queues().forEach(name -> caller.require(name.queue()));
        Take take = wanted.take();
        takes.requireRegistered(take);
        LateAnswer late = exchange.lateAnswer();
        Stages.on(executor, complete(request, caller)).whenComplete((results, failure) -> {
            if (failure != null) {
                late.refuse(errors.answer(failure), NOTHING);
                return;
            }
            takeAnswers.give(take, late, tasks -> new CompletedMany(results, tasks), untaken -> {
                LOG.warn("Tasks were completed, but nothing could be taken after it", untaken);
                late.give(Json.bytes(new CompletedMany(results, Map.of())));
            });
        });
    }

    private CompletionStage<List<EachAnswer.Result>> complete(CompleteManyRequest request, Caller caller) {
        return completions.many(request.results(), caller).thenApply(accepted -> {
            List<String> ids = new ArrayList<>(accepted.size());
            for (Outcome<CompleteManyRequest.Of> result : request.results()) {
                ids.add(result.isFailed() ? null : result.value().id().text());
            }
            return answers.results(ids, accepted);
        });
    }
}
