package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.QueueState;
import io.carillon.task.QueueStates;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** Registers queues and tells how they stand. Contract: bella-queue 5 and 17. */
@Path("v1/queue")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class QueuesResource {
    @Inject
    Queues queues;

    @Inject
    QueueStates states;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** A queue as clients know it. */
    public record Metadata(String queue, String endpoint) {}

    /** Any key may register, also once more. Answers with the queue's name. */
    @POST
    @Path("register")
    @Produces(MediaType.WILDCARD)
    public Response register(JsonBody body, @Context SecurityContext security) {
        RegisterRequest request = RegisterRequest.of(body.bytes(), configuration.jsonDepth());
        Caller caller = Caller.of(security);
        caller.require(request.queue());
        Queue queue = queues.register(request.queue(), request.endpoint(), caller.keyId());
        return BareText.ok(queue.name().text());
    }

    @GET
    @Path("{queue}/metadata")
    public Metadata metadata(@PathParam("queue") String name) {
        Queue queue = queues.get(new QueueName(name));
        return new Metadata(queue.name().text(), queue.endpoint());
    }

    /** Of one level of a queue. */
    @GET
    @Path("{full_queue_name}/stats")
    public CompletionStage<LevelStats> stats(@PathParam("full_queue_name") String text) {
        FullQueueName name = FullQueueName.parse(text);
        Queue queue = queues.find(name.queue())
                .orElseThrow(() -> new Refused(Reason.UNKNOWN, "Queue " + name + " is not registered", "queue"));
        return Stages.on(executor, states.of(queue))
                .thenApply(levels -> LevelStats.of(queue, state(levels, name.level())));
    }

    private static QueueState state(List<QueueState> levels, Level level) {
        return levels.stream()
                .filter(state -> state.level().equals(level))
                .findFirst()
                .orElse(new QueueState(level, Map.of(), OptionalLong.empty()));
    }
}
