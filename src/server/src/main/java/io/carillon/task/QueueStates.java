package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.queue.Queue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Tells how queues stand, at a cost that does not depend on their depth. Safe for many threads. */
public class QueueStates {
    /** Few enough that a task which is put meanwhile hardly waits for its turn on the connections. */
    private static final int TOGETHER = 100;

    private final Contents contents;

    QueueStates(Contents contents) {
        this.contents = contents;
    }

    /** The levels of a queue that were ever used, most urgent first. */
    public CompletionStage<List<QueueState>> of(Queue queue) {
        return contents.depth(queue.number());
    }

    /** The same for many queues, in their order. */
    public CompletionStage<List<List<QueueState>>> of(List<Queue> queues) {
        return next(queues, new ArrayList<>(queues.size()));
    }

    private CompletionStage<List<List<QueueState>>> next(List<Queue> queues, List<List<QueueState>> found) {
        if (found.size() == queues.size()) {
            return CompletableFuture.completedStage(found);
        }
        List<Queue> some = queues.subList(found.size(), Math.min(queues.size(), found.size() + TOGETHER));
        return Stages.all(some.stream().map(this::of).toList()).thenCompose(states -> {
            found.addAll(states);
            return next(queues, found);
        });
    }
}
