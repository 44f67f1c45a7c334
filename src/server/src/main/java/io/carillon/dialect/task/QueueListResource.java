package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.task.QueueState;
import io.carillon.task.QueueStates;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.stream.IntStream;

/** Queues with their counts by state. Ours, beside Bella-Queue's. */
@Path("v1/queues")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class QueueListResource {
    @Inject
    Queues queues;

    @Inject
    QueueStates states;

    @Inject
    ExecutorService executor;

    /** A list as OpenAI writes it. */
    public record Page(String object, List<QueueAnswer> data, boolean hasMore) {}

    /** By number, that is in the order in which they were registered. */
    @GET
    public CompletionStage<Page> list() {
        List<Queue> all = queues.all();
        return Stages.on(executor, states.of(all)).thenApply(levels -> new Page("list", answers(all, levels), false));
    }

    private static List<QueueAnswer> answers(List<Queue> all, List<List<QueueState>> levels) {
        return IntStream.range(0, all.size())
                .mapToObj(i -> QueueAnswer.of(all.get(i), levels.get(i)))
                .toList();
    }

    @GET
    @Path("{queue}")
    public CompletionStage<QueueAnswer> get(@PathParam("queue") String name) {
        Queue queue = queues.read(new QueueName(name));
        return Stages.on(executor, states.of(queue)).thenApply(levels -> QueueAnswer.of(queue, levels));
    }
}
