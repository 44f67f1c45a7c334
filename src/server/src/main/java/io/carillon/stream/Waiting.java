package io.carillon.stream;

import io.carillon.platform.error.Refused;
import io.carillon.task.NewTask;
import io.carillon.task.TaskId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** One caller who waits for the end of a task, in an HTTP request of this instance. */
abstract class Waiting {
    final TaskId id;
    /** By {@link System#nanoTime}. */
    final long deadline;

    final long since;

    /** Whether Redis has the task: only then its absence means something. */
    volatile boolean put;

    /** Whether a worker was seen to have the task; events count only then. */
    volatile boolean leased;

    /** Whether the engine has ended the task. */
    volatile boolean ended;

    /** Whether an end is on its way that came over this instance's stream. */
    volatile boolean ending;

    /** Whether it has gone, and its task may go on, if its queue says so. */
    volatile boolean hungUp;

    /** Called once, when nobody waits any more. */
    final Runnable left;

    private CompletionStage<?> engine = CompletableFuture.completedFuture(null);

    Waiting(NewTask task, long now, Runnable left) {
        this.id = task.id();
        this.left = left;
        this.since = now;
        this.deadline = now + task.life().toNanos();
    }

    /** Asks the engine for something after all that was asked before has been answered. */
    synchronized <T> CompletionStage<T> afterwards(Supplier<CompletionStage<T>> request) {
        CompletionStage<T> next = engine.handle((result, failure) -> null).thenCompose(nothing -> request.get());
        engine = next;
        return next;
    }

    /** Gives the caller the answer. Called once at most, and not for both. */
    abstract void answer(CallerAnswer answer);

    abstract void refuse(Refused why);

    void progress(Progress progress) {}

    boolean isStreaming() {
        return false;
    }

    /** A caller whose answer is one JSON value. */
    static final class Blocking extends Waiting {
        final CompletableFuture<CallerAnswer> answer = new CompletableFuture<>();

        Blocking(NewTask task, long now, Runnable left) {
            super(task, now, left);
        }

        @Override
        void answer(CallerAnswer given) {
            answer.complete(given);
        }

        @Override
        void refuse(Refused why) {
            answer.completeExceptionally(why);
        }
    }

    /** A caller who reads events. */
    static final class Streaming extends Waiting {
        final EventStream out;
        private final Function<Refused, CallerAnswer> errors;

        Streaming(NewTask task, long now, EventStream out, Function<Refused, CallerAnswer> errors, Runnable left) {
            super(task, now, left);
            this.out = out;
            this.errors = errors;
        }

        @Override
        boolean isStreaming() {
            return true;
        }

        @Override
        void progress(Progress progress) {
            out.send(progress);
        }

        @Override
        void answer(CallerAnswer answer) {
            out.end(answer);
        }

        @Override
        void refuse(Refused why) {
            out.end(errors.apply(why), why.retryAfter().map(Duration::toSeconds).orElse(1L));
        }
    }
}
