package io.carillon.dialect.task;

import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.ClosedPeers;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.http.Exchange;
import io.carillon.platform.json.Json;
import io.carillon.security.Caller;
import io.carillon.stream.CallerAnswer;
import io.carillon.stream.Callers;
import io.carillon.stream.EventStream;
import io.carillon.task.NewTask;
import java.io.IOException;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** Puts a task, in each response mode. Contract: bella-queue 6 and 7. */
class PutCall implements DirectCall {
    private static final int OK = 200;
    private static final int REQUEST_TIMEOUT = 408;

    private final KeyedPuts puts;
    private final Callers callers;
    private final ClosedPeers peers;
    private final Routing routing;
    private final TaskApiErrors errors;
    private final Configuration configuration;
    private final Clock clock;
    private final ExecutorService executor;

    PutCall(
            KeyedPuts puts,
            Callers callers,
            ClosedPeers peers,
            Routing routing,
            TaskApiErrors errors,
            Configuration configuration,
            Clock clock,
            ExecutorService executor) {
        this.puts = puts;
        this.callers = callers;
        this.peers = peers;
        this.routing = routing;
        this.errors = errors;
        this.configuration = configuration;
        this.clock = clock;
        this.executor = executor;
    }

    @Override
    public void answer(Exchange exchange, Caller caller, String none) throws IOException {
        byte[] body = exchange.json(configuration.bodyLimit());
        PutRequest put = PutRequest.of(body, configuration.jsonDepth());
        Optional<IdempotencyKey> key = IdempotencyKey.of(caller.keyId(), exchange.headers(IdempotencyKey.HEADER), body);
        NewTask task = key.isPresent() ? routing.routeAgain(put, caller) : routing.route(put, caller);
        switch (put.responseMode()) {
            case CALLBACK, BATCH -> {
                exchange.later();
                exchange.answer(
                        puts.put(key, task),
                        id -> exchange.answer(OK, Json.bytes(new Envelope(OK, clock.millis(), id.text()))),
                        errors::answer);
            }
            case BLOCKING -> {
                exchange.later();
                CompletionStage<CallerAnswer> answer = puts.block(key, task);
                // one that has a key comes back for the answer
                if (key.isPresent()) {
                    answer = Stages.on(executor, answer);
                } else {
                    Runnable hangUp = () -> callers.hangUp(task.id());
                    exchange.onGone(hangUp);
                    answer = peers.watched(exchange.connection(), answer, hangUp);
                }
                exchange.answer(answer, given -> answer(exchange, given), errors::answer);
            }
            // From here on the stream has the response.
            case STREAMING ->
                puts.stream(key, task, new EventStream(exchange.outflow()), refused -> {
                    ErrorAnswer answer = errors.answer(refused);
                    return new CallerAnswer(answer.status(), answer.body());
                });
        }
    }

    /** A client library may send a put again by itself after a 408 that does not say when; the task would run twice. */
    private static void answer(Exchange exchange, CallerAnswer answer) {
        exchange.answer(
                answer.status(),
                answer.body().bytes(),
                answer.status() == REQUEST_TIMEOUT ? Map.of("Retry-After", "1") : Map.of());
    }
}
