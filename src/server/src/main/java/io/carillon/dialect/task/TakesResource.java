package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
import io.carillon.queue.FullQueueName;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Attempt;
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
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
        if (request.waitFor().isZero()) {
            takes.take(request.take())
                    .whenCompleteAsync(
                            (found, failure) -> {
                                if (failure == null) {
                                    response.resume(answer(found));
                                } else {
                                    response.resume(failure);
                                }
                            },
                            executor);
        } else {
            takeLater(request.take(), LateAnswer.on(http, response));
        }
    }

    private void takeLater(Take take, LateAnswer late) {
        CompletableFuture<Map<FullQueueName, List<Attempt>>> taken;
        try {
            taken = takes.take(take, late::isThere);
        } catch (RuntimeException refused) {
            late.refuse(errors.answer(refused), NOTHING);
            return;
        }
        late.onGone(() -> taken.cancel(false));
        taken.whenCompleteAsync(
                (found, failure) -> {
                    if (taken.isCancelled()) {
                        return;
                    }
                    if (failure != null) {
                        late.refuse(errors.answer(failure), NOTHING);
                        return;
                    }
                    late.onGone(() -> takes.handBack(found));
                    late.give(Json.bytes(answer(found)));
                },
                executor);
    }

    private static Map<String, List<TaskAnswer>> answer(Map<FullQueueName, List<Attempt>> found) {
        Map<String, List<TaskAnswer>> answer = new LinkedHashMap<>();
        found.forEach((name, attempts) -> answer.put(
                name.toString(), attempts.stream().map(TaskAnswer::of).toList()));
        return answer;
    }
}
