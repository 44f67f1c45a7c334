package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
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
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the results of many tasks with one request, and gives the next tasks with the answer. */
@Path("v1/queue/complete-many")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class CompleteManyResource {
    private static final Logger LOG = LoggerFactory.getLogger(CompleteManyResource.class);
    private static final byte[] NOTHING = {'{', '}'};

    @Inject
    Completions completions;

    @Inject
    LongTakes takes;

    @Inject
    TakeAnswers takeAnswers;

    @Inject
    EachAnswer answers;

    @Inject
    TaskApiErrors errors;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** What came of each result, in order, and the next tasks by full queue name when they were asked for. */
    record CompletedMany(List<EachAnswer.Result> results, Map<String, List<TaskAnswer>> tasks) {}

    /**
     * Answers 200 whatever became of the results, with an answer for each. A take that cannot be is refused before any result
     * counts; one that fails later just brings nothing.
     */
    @POST
    @AllowedRoles(Role.WORKER)
    public void complete(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        CompleteManyRequest request =
                CompleteManyRequest.of(body.bytes(), configuration.jsonDepth(), configuration.manyMax());
        Caller caller = Caller.of(security);
        if (request.take().isEmpty()) {
            complete(request, caller)
                    .whenCompleteAsync(
                            (results, failure) -> {
                                if (failure != null) {
                                    response.resume(failure);
                                } else {
                                    response.resume(new CompletedMany(results, null));
                                }
                            },
                            executor);
            return;
        }
        TakeRequest wanted = request.take().get();
        wanted.queues().forEach(name -> caller.require(name.queue()));
        Take take = wanted.take();
        takes.requireRegistered(take);
        LateAnswer late = LateAnswer.on(http, response);
        complete(request, caller)
                .whenCompleteAsync(
                        (results, failure) -> {
                            if (failure != null) {
                                late.refuse(errors.answer(failure), NOTHING);
                                return;
                            }
                            takeAnswers.give(take, late, tasks -> new CompletedMany(results, tasks), untaken -> {
                                LOG.warn("Tasks were completed, but nothing could be taken after it", untaken);
                                late.give(Json.bytes(new CompletedMany(results, Map.of())));
                            });
                        },
                        executor);
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
