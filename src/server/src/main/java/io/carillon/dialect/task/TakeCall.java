package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.Exchange;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
import io.carillon.security.Caller;
import io.carillon.task.LongTakes;
import io.carillon.task.Take;
import java.io.IOException;
import java.util.concurrent.ExecutorService;

/** Gives tasks to a worker, by full queue name; an empty object when there are none. Contract: bella-queue 8. */
class TakeCall implements DirectCall {
    private static final int OK = 200;
    private static final byte[] NOTHING = {'{', '}'};

    private final LongTakes takes;
    private final TakeAnswers answers;
    private final TaskApiErrors errors;
    private final Configuration configuration;
    private final ExecutorService executor;

    TakeCall(
            LongTakes takes,
            TakeAnswers answers,
            TaskApiErrors errors,
            Configuration configuration,
            ExecutorService executor) {
        this.takes = takes;
        this.answers = answers;
        this.errors = errors;
        this.configuration = configuration;
        this.executor = executor;
    }

    @Override
    public void answer(Exchange exchange, Caller caller, String none) throws IOException {
        TakeRequest request = TakeRequest.of(exchange.json(configuration.bodyLimit()), configuration.jsonDepth());
        request.queues().forEach(name -> caller.require(name.queue()));
        Take take = request.take();
        if (!take.patience().isZero()) {
            LateAnswer late = exchange.lateAnswer();
            answers.give(take, late, tasks -> tasks, failure -> late.refuse(errors.answer(failure), NOTHING));
            return;
        }
        exchange.later();
        exchange.answer(
                Stages.on(executor, takes.take(take)),
                found -> exchange.answer(OK, Json.bytes(answers.shaped(found)), answers.cancelled(take)),
                errors::answer);
    }
}
