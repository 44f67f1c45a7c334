package io.carillon.dialect.task;

import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.stream.CallerAnswer;
import io.carillon.stream.Callers;
import io.carillon.stream.EventStream;
import io.carillon.task.NewTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.ConnectionCallback;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/**
 * Puts tasks, in each response mode. Contract: bella-queue 6 and 7. What it produces is not declared: a client of a stream
 * accepts events only, and must still be told in JSON what is wrong.
 */
@Path("v1/queue/put")
@ApplicationScoped
public class PutResource {
    private static final int OK = 200;
    private static final int REQUEST_TIMEOUT = 408;

    @Inject
    KeyedPuts puts;

    @Inject
    Callers callers;

    @Inject
    Routing routing;

    @Inject
    TaskApiErrors errors;

    @Inject
    Configuration configuration;

    @Inject
    Clock clock;

    @Inject
    ExecutorService executor;

    @POST
    @AllowedRoles(Role.PRODUCER)
    public void put(
            JsonBody body,
            @HeaderParam(IdempotencyKey.HEADER) List<String> keys,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        PutRequest put = PutRequest.of(body.bytes(), configuration.jsonDepth());
        Caller caller = Caller.of(security);
        Optional<IdempotencyKey> key = IdempotencyKey.of(caller.keyId(), keys, body.bytes());
        NewTask task = key.isPresent() ? routing.routeAgain(put, caller) : routing.route(put, caller);
        switch (put.responseMode()) {
            case CALLBACK, BATCH ->
                answer(
                        response,
                        puts.put(key, task).thenApply(id -> json(OK, new Envelope(OK, clock.millis(), id.text()))));
            case BLOCKING -> {
                // one that has a key comes back for the answer
                if (key.isEmpty()) {
                    response.register((ConnectionCallback) gone -> callers.hangUp(task.id()));
                }
                answer(response, puts.block(key, task).thenApply(PutResource::answer));
            }
            // From here on the stream has the response, which JAX-RS has made asynchronous.
            case STREAMING ->
                puts.stream(key, task, EventStream.on(http, response), refused -> {
                    ErrorAnswer answer = errors.answer(refused);
                    return new CallerAnswer(answer.status(), answer.body());
                });
        }
    }

    private void answer(AsyncResponse response, CompletionStage<Response> stage) {
        stage.whenCompleteAsync(
                (answer, failure) -> {
                    if (failure == null) {
                        response.resume(answer);
                    } else {
                        response.resume(failure);
                    }
                },
                executor);
    }

    /** A client library may send a put again by itself after a 408 that does not say when; the task would run twice. */
    private static Response answer(CallerAnswer answer) {
        Response response = json(answer.status(), answer.body());
        if (answer.status() == REQUEST_TIMEOUT) {
            response.getHeaders().putSingle("Retry-After", 1);
        }
        return response;
    }

    private static Response json(int status, Object body) {
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(body)
                .build();
    }
}
