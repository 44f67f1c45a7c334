package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.LateAnswer;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.LongTakes;
import io.carillon.task.Take;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.util.concurrent.ExecutorService;

/** Gives tasks to workers. Contract: bella-queue 8. */
@Path("v1/queue/take")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class TakesResource {
    private static final byte[] NOTHING = {'{', '}'};

    @Inject
    LongTakes takes;

    @Inject
    TakeAnswers answers;

    @Inject
    TaskApiErrors errors;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** Tasks by full queue name; an empty object when there are none. */
    @POST
    @AllowedRoles(Role.WORKER)
    public void take(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        TakeRequest request = TakeRequest.of(body.bytes(), configuration.jsonDepth());
        Caller caller = Caller.of(security);
        request.queues().forEach(name -> caller.require(name.queue()));
        Take take = request.take();
        if (take.patience().isZero()) {
            takes.take(take)
                    .whenCompleteAsync(
                            (found, failure) -> {
                                if (failure != null) {
                                    response.resume(failure);
                                    return;
                                }
                                Response.ResponseBuilder answer = Response.ok(TakeAnswers.shaped(found));
                                answers.cancelled(take).forEach(answer::header);
                                response.resume(answer.build());
                            },
                            executor);
        } else {
            LateAnswer late = LateAnswer.on(http, response);
            answers.give(take, late, tasks -> tasks, failure -> late.refuse(errors.answer(failure), NOTHING));
        }
    }
}
