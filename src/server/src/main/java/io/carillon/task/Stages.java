package io.carillon.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What {@link CompletionStage} lacks. */
final class Stages {
    private Stages() {}

    /** All results in order, or the first failure. */
    static <T> CompletionStage<List<T>> all(List<? extends CompletionStage<T>> stages) {
        CompletableFuture<?>[] futures =
                stages.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(futures).thenApply(done -> {
            List<T> results = new ArrayList<>(stages.size());
            stages.forEach(stage -> results.add(stage.toCompletableFuture().join()));
            return results;
        });
    }

    /** The results of those that succeed, in order; fails only when all of them do. */
    static <T> CompletionStage<List<T>> successful(List<CompletionStage<T>> stages) {
        CompletableFuture<?>[] futures = stages.stream()
                .map(stage -> stage.exceptionally(failure -> null).toCompletableFuture())
                .toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(futures).thenCompose(done -> {
            List<CompletionStage<T>> good = stages.stream()
                    .filter(stage -> !stage.toCompletableFuture().isCompletedExceptionally())
                    .toList();
            return all(good.isEmpty() ? stages : good);
        });
    }

    /** Blocks the thread, which must be one for slow work. */
    static <T> T await(CompletionStage<T> stage, long seconds) {
        try {
            return stage.toCompletableFuture().get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(failure.getCause());
        } catch (TimeoutException late) {
            throw new Refused(Reason.UNAVAILABLE, "Redis does not answer in time; try again");
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new Refused(Reason.UNAVAILABLE, "The server is stopping; try again");
        }
    }
}
