package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.FullQueueName;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Attempt;
import io.carillon.task.LongTakes;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** Gives tasks to workers. Contract: bella-queue 8. */
@Path("v1/queue/take")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class TakesResource {
    @Inject
    LongTakes takes;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** Tasks by full queue name; an empty object when there are none. */
    @POST
    @AllowedRoles(Role.WORKER)
    public CompletionStage<Map<String, List<TaskAnswer>>> take(JsonBody body, @Context SecurityContext security) {
        TakeRequest request = TakeRequest.of(body.bytes(), configuration.jsonDepth());
        Caller caller = Caller.of(security);
        request.queues().forEach(name -> caller.require(name.queue()));
        return takes.take(request.take()).thenApplyAsync(TakesResource::answer, executor);
    }

    private static Map<String, List<TaskAnswer>> answer(Map<FullQueueName, List<Attempt>> found) {
        Map<String, List<TaskAnswer>> answer = new LinkedHashMap<>();
        found.forEach((name, attempts) -> answer.put(
                name.toString(), attempts.stream().map(TaskAnswer::of).toList()));
        return answer;
    }
}
