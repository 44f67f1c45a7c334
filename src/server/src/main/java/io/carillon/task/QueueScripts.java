package io.carillon.task;

import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Stale;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Runs the scripts of a queue, each under the queue's epoch. When Redis turns out to have lost the queue, it is rebuilt
 * first and the script runs then; a script that finds so has done nothing. Safe for many threads.
 */
class QueueScripts {
    private final Scripts scripts;
    private final Epochs epochs;
    private final BusyQueues busy;

    QueueScripts(Scripts scripts, Epochs epochs, BusyQueues busy) {
        this.scripts = scripts;
        this.epochs = epochs;
        this.busy = busy;
    }

    /** For a look that is no use of the queue, but sees to it that Redis has it. */
    CompletionStage<List<Object>> look(Script script, int queue, Object... arguments) {
        return current(queue, keys -> scripts.list(script, keys, arguments));
    }

    CompletionStage<List<Object>> list(Script script, int queue, Object... arguments) {
        return use(queue, keys -> scripts.list(script, keys, arguments));
    }

    /** Never sent again when its answer is lost: for a script that would do something else the second time. */
    CompletionStage<List<Object>> listOnce(Script script, int queue, Object... arguments) {
        return use(queue, keys -> scripts.listOnce(script, keys, arguments));
    }

    /** With other arguments when the queue had to be rebuilt first, or when nobody knows whether the script has run. */
    CompletionStage<List<Object>> listOnce(Script script, int queue, Object[] arguments, Object[] otherwise) {
        return once(
                queue,
                keys -> scripts.listOnce(script, keys, arguments),
                keys -> scripts.list(script, keys, otherwise));
    }

    CompletionStage<Long> number(Script script, int queue, Object... arguments) {
        return use(queue, keys -> scripts.number(script, keys, arguments));
    }

    /** See {@link #listOnce(Script, int, Object[], Object[])}. */
    CompletionStage<Long> numberOnce(Script script, int queue, Object[] arguments, Object[] otherwise) {
        return once(
                queue,
                keys -> scripts.numberOnce(script, keys, arguments),
                keys -> scripts.number(script, keys, otherwise));
    }

    CompletionStage<String> text(Script script, int queue, Object... arguments) {
        return use(queue, keys -> scripts.text(script, keys, arguments));
    }

    /** For looks that are as right as they can be, and for whoever rebuilds the queue. */
    CompletionStage<List<Object>> listOfAnyEpoch(Script script, int queue, Object... arguments) {
        return scripts.list(script, List.of(Keys.queue(queue)), arguments);
    }

    /** See {@link #listOfAnyEpoch}. */
    CompletionStage<Long> numberOfAnyEpoch(Script script, int queue, Object... arguments) {
        return scripts.number(script, List.of(Keys.queue(queue)), arguments);
    }

    private <R> CompletionStage<R> once(
            int queue,
            Function<List<String>, CompletionStage<R>> run,
            Function<List<String>, CompletionStage<R>> otherwise) {
        return use(queue, run, otherwise)
                .exceptionallyCompose(
                        failure -> isRefused(failure) ? use(queue, otherwise) : CompletableFuture.failedStage(failure));
    }

    private <R> CompletionStage<R> use(int queue, Function<List<String>, CompletionStage<R>> run) {
        return use(queue, run, run);
    }

    private <R> CompletionStage<R> use(
            int queue,
            Function<List<String>, CompletionStage<R>> run,
            Function<List<String>, CompletionStage<R>> afterRebuild) {
        return current(queue, run, afterRebuild).whenComplete((done, failure) -> busy.used(queue));
    }

    private <R> CompletionStage<R> current(int queue, Function<List<String>, CompletionStage<R>> run) {
        return current(queue, run, run);
    }

    private <R> CompletionStage<R> current(
            int queue,
            Function<List<String>, CompletionStage<R>> run,
            Function<List<String>, CompletionStage<R>> afterRebuild) {
        long epoch = epochs.known(queue);
        return run.apply(keys(queue, epoch)).exceptionallyCompose(failure -> {
            if (!isStale(failure)) {
                throw failure instanceof CompletionException wrapped ? wrapped : new CompletionException(failure);
            }
            return epochs.after(queue, epoch).thenCompose(restored -> afterRebuild.apply(keys(queue, restored)));
        });
    }

    private static boolean isRefused(Throwable failure) {
        return failure instanceof Refused || failure.getCause() instanceof Refused;
    }

    private static boolean isStale(Throwable failure) {
        return failure instanceof Stale || failure.getCause() instanceof Stale;
    }

    private static List<String> keys(int queue, long epoch) {
        return epoch == Epochs.UNCHECKED
                ? List.of(Keys.queue(queue))
                : List.of(Keys.queue(queue), Keys.epoch(queue, epoch));
    }
}
