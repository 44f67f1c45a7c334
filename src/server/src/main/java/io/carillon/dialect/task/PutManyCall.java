package io.carillon.dialect.task;

import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.Exchange;
import io.carillon.platform.json.Json;
import io.carillon.security.Caller;
import io.carillon.task.NewTask;
import io.carillon.task.Tasks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Puts many tasks with one request. Each is what {@link PutCall} takes, and is put or refused alone. Answers each put, in
 * order, with what it alone would have been answered, and its index.
 */
class PutManyCall implements DirectCall {
    private static final int OK = 200;

    private final Tasks tasks;
    private final Routing routing;
    private final EachAnswer answers;
    private final TaskApiErrors errors;
    private final Configuration configuration;

    PutManyCall(Tasks tasks, Routing routing, EachAnswer answers, TaskApiErrors errors, Configuration configuration) {
        this.tasks = tasks;
        this.routing = routing;
        this.answers = answers;
        this.errors = errors;
        this.configuration = configuration;
    }

    @Override
    public void answer(Exchange exchange, Caller caller, String none) throws IOException {
        if (!exchange.headers(IdempotencyKey.HEADER).isEmpty()) {
            throw new Refused(
                    Reason.INVALID,
                    IdempotencyKey.HEADER + " is for a single put; put-many does not know it",
                    IdempotencyKey.HEADER);
        }
        List<Outcome<PutRequest>> puts = PutRequest.each(
                exchange.json(configuration.bodyLimit()), configuration.jsonDepth(), configuration.manyMax());
        Routing.Routes routes = routing.routes(caller);
        List<Outcome<NewTask>> routed = puts.stream()
                .map(put -> put.then(request -> routes.task(withoutCaller(request))))
                .toList();
        List<NewTask> good = new ArrayList<>(routed.size());
        for (Outcome<NewTask> task : routed) {
            if (!task.isFailed()) {
                good.add(task.value());
            }
        }
        exchange.later();
        exchange.answer(
                tasks.put(good),
                put -> exchange.answer(OK, Json.bytes(answers.puts(withIds(routed, put)))),
                errors::answer);
    }

    private static PutRequest withoutCaller(PutRequest put) {
        if (put.responseMode().hasWaitingCaller()) {
            throw new Refused(
                    Reason.INVALID,
                    "response_mode " + put.responseMode().word() + " is for a single put; put-many answers at once",
                    "response_mode");
        }
        return put;
    }

    private static List<Outcome<String>> withIds(List<Outcome<NewTask>> routed, List<Outcome<Void>> put) {
        Iterator<Outcome<Void>> next = put.iterator();
        List<Outcome<String>> ids = new ArrayList<>(routed.size());
        for (Outcome<NewTask> task : routed) {
            Outcome<Void> done = task.isFailed() ? Outcome.failed(task.failure()) : next.next();
            ids.add(done.map(there -> task.value().id().text()));
        }
        return ids;
    }
}
