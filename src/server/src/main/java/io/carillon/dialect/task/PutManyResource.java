package io.carillon.dialect.task;

import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.NewTask;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** Puts many tasks with one request. Each is what {@link PutResource} takes, and is put or refused alone. */
@Path("v1/queue/put-many")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class PutManyResource {
    @Inject
    Tasks tasks;

    @Inject
    Routing routing;

    @Inject
    EachAnswer answers;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** An answer for each put, in order: what the put alone would have been answered, and its index. */
    @POST
    @AllowedRoles(Role.PRODUCER)
    public CompletionStage<List<EachAnswer.Put>> put(
            JsonBody body, @HeaderParam(IdempotencyKey.HEADER) List<String> keys, @Context SecurityContext security) {
        if (keys != null && !keys.isEmpty()) {
            throw new Refused(
                    Reason.INVALID,
                    IdempotencyKey.HEADER + " is for a single put; put-many does not know it",
                    IdempotencyKey.HEADER);
        }
        List<Outcome<PutRequest>> puts =
                PutRequest.each(body.bytes(), configuration.jsonDepth(), configuration.manyMax());
        Routing.Routes routes = routing.routes(Caller.of(security));
        List<Outcome<NewTask>> routed = puts.stream()
                .map(put -> put.then(request -> routes.task(withoutCaller(request))))
                .toList();
        List<NewTask> good = new ArrayList<>(routed.size());
        for (Outcome<NewTask> task : routed) {
            if (!task.isFailed()) {
                good.add(task.value());
            }
        }
        return tasks.put(good).thenApplyAsync(put -> answers.puts(withIds(routed, put)), executor);
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
