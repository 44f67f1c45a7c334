package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.Purges;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** What Bella-Queue has for its console. Contract: bella-queue 17. */
@Path("v1/console")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class ConsoleResource {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Inject
    Queues queues;

    @Inject
    QueueStates states;

    @Inject
    Purges purges;

    @Inject
    ExecutorService executor;

    /** Cancels what waits at a level. Only for whoever registered the queue. */
    @POST
    @Path("{full_queue_name}/clear")
    @Produces(MediaType.WILDCARD)
    public CompletionStage<Response> clear(
            @PathParam("full_queue_name") String text, @Context SecurityContext security) {
        FullQueueName name = FullQueueName.parse(text);
        Queue queue = queues.get(name.queue());
        if (!Caller.of(security).owns(queue.createdBy())) {
            throw new Refused(
                    Reason.FORBIDDEN, "Only the key that registered queue " + name.queue() + " may clear it", "queue");
        }
        return Stages.on(executor, purges.purge(queue, List.of(name.level()), PATIENCE))
                .thenApply(purged -> BareText.ok(name.toString()));
    }

    /** Every level of every queue that was ever used. */
    @GET
    @Path("queue/stats")
    public CompletionStage<List<LevelStats>> stats() {
        List<Queue> all = queues.all();
        return Stages.on(executor, states.of(all)).thenApply(levels -> {
            List<LevelStats> stats = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                Queue queue = all.get(i);
                levels.get(i).forEach(state -> stats.add(LevelStats.of(queue, state)));
            }
            return stats;
        });
    }
}
