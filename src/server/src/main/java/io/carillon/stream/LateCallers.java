package io.carillon.stream;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Callers who wait for the end of a task that an earlier request of theirs put. They are few, so each looks at the task
 * every now and then; that works on every instance and holds no thread. When such a caller hangs up nothing happens. Safe
 * for many threads.
 */
public class LateCallers {
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final Engine engine;
    private final ScheduledExecutorService scheduler;

    LateCallers(Engine engine, ScheduledExecutorService scheduler) {
        this.engine = engine;
        this.scheduler = scheduler;
    }

    /**
     * Waits for the end of a task.
     *
     * @return what a blocking caller of the task gets. Fails with {@link Refused}: TIMEOUT when the task ended so, {@link
     *     TaskCancelled}, UNKNOWN when there is no such task, UNAVAILABLE
     */
    public CompletionStage<CallerAnswer> join(TaskId id) {
        return look(id, FIRST_PAUSE_MILLIS);
    }

    private CompletionStage<CallerAnswer> look(TaskId id, long pause) {
        return engine.find(id).thenCompose(found -> {
            Task task = found.orElseThrow(() -> new Refused(Reason.UNKNOWN, "There is no task " + id, "task_id"));
            if (task.state().isFinal()) {
                return CompletableFuture.completedStage(answer(task));
            }
            CompletableFuture<Void> time = new CompletableFuture<>();
            try {
                scheduler.schedule(() -> time.complete(null), pause, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException | IllegalStateException stopping) {
                throw new Refused(Reason.UNAVAILABLE, "The server is stopping; try again");
            }
            return time.thenCompose(now -> look(id, Math.min(2 * pause, LONGEST_PAUSE_MILLIS)));
        });
    }

    private static CallerAnswer answer(Task task) {
        return switch (task.state()) {
            case CANCELLED -> throw new TaskCancelled(task.id());
            case TIMEOUT -> throw new Refused(Reason.TIMEOUT, "Task " + task.id() + " had no result in time");
            default -> {
                if (task.result() != null) {
                    yield CallerAnswer.of(task.result());
                }
                yield CallerAnswer.failed(task.error() == null ? "The task failed" : task.error());
            }
        };
    }
}
