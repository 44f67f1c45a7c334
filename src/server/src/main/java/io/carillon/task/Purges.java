package io.carillon.task;

import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels everything that waits in a queue. That may take minutes, so whoever asks waits for some time only; the purge goes
 * on without them, and who asks again meanwhile, of this instance, waits for the same one. Should the instance stop, what
 * it has not reached still waits. Safe for many threads.
 */
public class Purges {
    private static final Logger LOG = LoggerFactory.getLogger(Purges.class);

    /**
     * How far a purge is.
     *
     * @param cancelled how many tasks it has ended, at the levels that it is through with
     * @param done whether it is through with all
     */
    public record Progress(long cancelled, boolean done) {}

    /** Cancels what waits at a level and says how many; blocks. */
    @FunctionalInterface
    interface Clearing {
        int clear(Queue queue, Level level, String why);
    }

    private record What(int queue, List<Level> levels) {}

    private static final class Purge {
        final AtomicLong cancelled = new AtomicLong();
        final CompletableFuture<Void> done = new CompletableFuture<>();
    }

    private final Clearing clearing;
    private final Executor executor;
    private final Map<What, Purge> running = new ConcurrentHashMap<>();

    Purges(Clearing clearing, Executor executor) {
        this.clearing = clearing;
        this.executor = executor;
    }

    /**
     * Begins a purge, or joins the one that runs.
     *
     * @param levels which, in their order
     * @param patience how long to wait for its end
     * @return how far it is at its end or after that time; fails as the purge does
     */
    public CompletionStage<Progress> purge(Queue queue, List<Level> levels, Duration patience) {
        What what = new What(queue.number(), List.copyOf(levels));
        Purge mine = new Purge();
        Purge purge = running.putIfAbsent(what, mine);
        if (purge == null) {
            purge = mine;
            start(queue, what, mine);
        }
        AtomicLong cancelled = purge.cancelled;
        return purge.done
                .thenApply(done -> new Progress(cancelled.get(), true))
                .applyToEither(after(patience), progress -> progress.done() ? progress : late(cancelled));
    }

    private static CompletableFuture<Progress> after(Duration patience) {
        return new CompletableFuture<Progress>()
                .completeOnTimeout(new Progress(0, false), patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Progress late(AtomicLong cancelled) {
        return new Progress(cancelled.get(), false);
    }

    private void start(Queue queue, What what, Purge purge) {
        CompletableFuture.runAsync(() -> clear(queue, what, purge), executor).whenComplete((done, failure) -> {
            running.remove(what);
            if (failure == null) {
                LOG.info("Queue {} was purged: {} tasks are cancelled", queue.name(), purge.cancelled);
                purge.done.complete(null);
            } else {
                LOG.warn(
                        "The purge of queue {} ended after {} tasks: {}",
                        queue.name(),
                        purge.cancelled,
                        failure.getMessage());
                purge.done.completeExceptionally(failure);
            }
        });
    }

    private void clear(Queue queue, What what, Purge purge) {
        for (Level level : what.levels()) {
            String why = "Cancelled with everything that waited in queue " + queue.name() + ":" + level;
            purge.cancelled.addAndGet(clearing.clear(queue, level, why));
        }
    }
}
