package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.Caller;
import io.carillon.task.NewTask;
import io.carillon.task.Tasks;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.time.Clock;
import java.util.concurrent.CompletionStage;

/**
 * Puts tasks, in each response mode. Contract: bella-queue 6 and 7. What it produces is not declared: a client of a stream
 * accepts events only, and must still be told in JSON what is wrong.
 */
@Path("v1/queue/put")
@ApplicationScoped
public class PutResource {
    private static final int OK = 200;

    @Inject
    Tasks tasks;

    @Inject
    Routing routing;

    @Inject
    Configuration configuration;

    @Inject
    Clock clock;

    @Inject
    ManagedExecutorService executor;

    @POST
    @RolesAllowed("producer")
    public CompletionStage<Response> put(JsonBody body, @Context SecurityContext security) {
        PutRequest request = PutRequest.of(body.bytes(), configuration.jsonDepth());
        NewTask task = routing.route(request, Caller.of(security));
        return tasks.put(task)
                .thenApplyAsync(
                        put -> Response.ok(
                                        new Envelope(
                                                OK, clock.millis(), task.id().text()),
                                        MediaType.APPLICATION_JSON_TYPE)
                                .build(),
                        executor);
    }
}
