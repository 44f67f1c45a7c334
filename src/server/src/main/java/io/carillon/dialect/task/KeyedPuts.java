package io.carillon.dialect.task;

import io.carillon.idempotency.Claim;
import io.carillon.idempotency.IdempotencyKey;
import io.carillon.idempotency.IdempotencyKeys;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.Problem;
import io.carillon.queue.QueueDrains;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.stream.CallerAnswer;
import io.carillon.stream.Callers;
import io.carillon.stream.EventStream;
import io.carillon.stream.LateCallers;
import io.carillon.task.NewTask;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import io.carillon.task.Tasks;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Puts tasks, each once for its idempotency key, if it has one.
 *
 * <p>A repeated put answers as the first did: with the id, or, for a caller who waits, with the same task's answer, which
 * may still have to come. A repeated streaming put gets the end and not the progress that went to the first. A task that
 * was cancelled or had no result in time is none that anybody was promised, so a put that is repeated after that runs anew.
 * A queue that drains accepts no new task, but still tells of one that it accepted before.
 * Safe for many threads.
 */
class KeyedPuts {
    private static final long PAUSE_MILLIS = 100;

    private final IdempotencyKeys keys;
    private final Queues queues;
    private final Tasks tasks;
    private final Callers callers;
    private final LateCallers lateCallers;

    KeyedPuts(IdempotencyKeys keys, Queues queues, Tasks tasks, Callers callers, LateCallers lateCallers) {
        this.keys = keys;
        this.queues = queues;
        this.tasks = tasks;
        this.callers = callers;
        this.lateCallers = lateCallers;
    }

    /** Puts a task whose caller does not wait for its end; gives the id that it has. */
    CompletionStage<TaskId> put(Optional<IdempotencyKey> key, NewTask task) {
        if (key.isEmpty()) {
            return tasks.put(task).thenApply(put -> task.id());
        }
        return keys.claim(key.get(), task.id().text(), false).thenCompose(claim -> {
            TaskId id = TaskId.parse(claim.taskId());
            if (claim.isRepeat()) {
                return CompletableFuture.completedStage(id);
            }
            return settled(claim, Stages.guarded(() -> put(claim, task.withId(id))))
                    .thenApply(put -> id);
        });
    }

    private CompletionStage<Void> put(Claim claim, NewTask task) {
        if (claim.turn() == Claim.Turn.FIRST) {
            return putNew(task);
        }
        // it may be there and have ended since, and must not come back
        return tasks.find(task.id())
                .thenCompose(found -> found.isPresent() ? CompletableFuture.completedStage(null) : putNew(task));
    }

    private CompletionStage<Void> putNew(NewTask task) {
        requireOpen(task);
        return tasks.put(task);
    }

    /** @throws QueueDrains when the queue accepts no new tasks */
    private void requireOpen(NewTask task) {
        queues.open(new QueueName(task.specification().queue()));
    }

    private CompletionStage<Void> settled(Claim claim, CompletionStage<Void> put) {
        return put.handle((done, failure) -> failure).thenCompose(failure -> {
            if (failure == null) {
                return keys.done(claim);
            }
            CompletionStage<Void> settled = isRefusal(failure) ? keys.refused(claim) : keys.unknown(claim);
            return settled.thenCompose(done -> CompletableFuture.failedStage(failure));
        });
    }

    /** Whether it is certain that nothing was put. */
    private static boolean isRefusal(Throwable failure) {
        Throwable cause = Problem.unwrapped(failure);
        return cause instanceof QueueDrains
                || cause instanceof Refused refused && refused.reason() != Reason.UNAVAILABLE;
    }

    /** Puts a blocking task and waits for its end, or waits for the end of the one that was put before. */
    CompletionStage<CallerAnswer> block(Optional<IdempotencyKey> key, NewTask task) {
        if (key.isEmpty()) {
            return callers.block(task);
        }
        return turn(key.get(), task).thenCompose(claim -> {
            TaskId id = TaskId.parse(claim.taskId());
            CompletionStage<CallerAnswer> answer =
                    claim.isRepeat() ? lateCallers.join(id) : Stages.guarded(() -> blockNew(task.withId(id)));
            return freedUnlessAnswered(claim, answer);
        });
    }

    private CompletionStage<CallerAnswer> blockNew(NewTask task) {
        requireOpen(task);
        return callers.block(task);
    }

    /** Puts a streaming task and sends its events, or sends the end of the one that was put before. */
    void stream(Optional<IdempotencyKey> key, NewTask task, EventStream out, Function<Refused, CallerAnswer> errors) {
        if (key.isEmpty()) {
            callers.stream(task, out, errors);
            return;
        }
        turn(key.get(), task)
                .thenCompose(claim -> {
                    TaskId id = TaskId.parse(claim.taskId());
                    if (!claim.isRepeat()) {
                        try {
                            requireOpen(task);
                        } catch (Refused draining) {
                            return keys.gone(claim).thenCompose(free -> CompletableFuture.failedStage(draining));
                        }
                        callers.stream(task.withId(id), out, refused -> {
                            keys.gone(claim);
                            return errors.apply(refused);
                        });
                        return CompletableFuture.completedStage(null);
                    }
                    return freedUnlessAnswered(claim, lateCallers.join(id)).thenAccept(out::end);
                })
                .exceptionally(failure -> {
                    out.end(errors.apply(
                            Problem.unwrapped(failure) instanceof Refused refused
                                    ? refused
                                    : new Refused(Reason.UNAVAILABLE, "The task could not be put; try again")));
                    return null;
                });
    }

    private CompletionStage<CallerAnswer> freedUnlessAnswered(Claim claim, CompletionStage<CallerAnswer> answer) {
        return answer.handle((given, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedStage(given);
                    }
                    // a store that does not answer says nothing about a task that was put before
                    CompletionStage<Void> free = claim.isRepeat() && !isRefusal(failure)
                            ? CompletableFuture.completedStage(null)
                            : keys.gone(claim);
                    return free.thenCompose(now -> CompletableFuture.<CallerAnswer>failedStage(failure));
                })
                .thenCompose(stage -> stage);
    }

    /** Whether to put, or to join what was put. Whoever was first may not have put yet, or may have failed to. */
    private CompletionStage<Claim> turn(IdempotencyKey key, NewTask task) {
        return keys.claim(key, task.id().text(), true).thenCompose(claim -> {
            if (!claim.isRepeat()) {
                return CompletableFuture.completedStage(claim);
            }
            return tasks.find(TaskId.parse(claim.taskId())).thenCompose(found -> {
                if (found.filter(KeyedPuts::isOfUse).isPresent()) {
                    return CompletableFuture.completedStage(claim);
                }
                if (found.isEmpty() && claim.fresh()) {
                    return keys.later(PAUSE_MILLIS, () -> turn(key, task));
                }
                return keys.gone(claim).thenCompose(free -> turn(key, task));
            });
        });
    }

    private static boolean isOfUse(Task task) {
        return task.state() != TaskState.CANCELLED && task.state() != TaskState.TIMEOUT;
    }
}
