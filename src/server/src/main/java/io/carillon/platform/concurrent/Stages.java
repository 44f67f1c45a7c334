package io.carillon.platform.concurrent;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** What {@link CompletionStage} lacks. */
public final class Stages {
    private Stages() {}

    /** All results in order, or the first failure. */
    public static <T> CompletionStage<List<T>> all(List<? extends CompletionStage<T>> stages) {
        CompletableFuture<?>[] futures =
                stages.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(futures).thenApply(done -> {
            List<T> results = new ArrayList<>(stages.size());
            stages.forEach(stage -> results.add(stage.toCompletableFuture().join()));
            return results;
        });
    }

    /** The results of those that succeed, in order; fails only when all of them do. */
    public static <T> CompletionStage<List<T>> successful(List<CompletionStage<T>> stages) {
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

    /**
     * Does many things by parts, each part at once, and gives their outcomes in the order of the things. Never fails: when a
     * part fails, each thing of it does.
     *
     * @param part what tells the parts apart; within a part the order stays
     * @param work does a part and gives an outcome for each thing of it
     */
    public static <T, K, R> CompletionStage<List<Outcome<R>>> inParts(
            List<T> things, Function<T, K> part, BiFunction<K, List<T>, CompletionStage<List<Outcome<R>>>> work) {
        if (things.size() == 1) {
            return done(part.apply(things.get(0)), things, work);
        }
        Map<K, List<Integer>> places = new LinkedHashMap<>();
        for (int i = 0; i < things.size(); i++) {
            places.computeIfAbsent(part.apply(things.get(i)), key -> new ArrayList<>())
                    .add(i);
        }
        if (places.size() == 1) {
            return done(places.keySet().iterator().next(), things, work);
        }
        List<CompletionStage<List<Outcome<R>>>> parts = new ArrayList<>(places.size());
        places.forEach(
                (key, at) -> parts.add(done(key, at.stream().map(things::get).toList(), work)));
        return all(parts).thenApply(outcomes -> {
            List<Outcome<R>> inOrder = new ArrayList<>(Collections.nCopies(things.size(), null));
            int p = 0;
            for (List<Integer> at : places.values()) {
                List<Outcome<R>> ofPart = outcomes.get(p++);
                for (int i = 0; i < at.size(); i++) {
                    inOrder.set(at.get(i), ofPart.get(i));
                }
            }
            return inOrder;
        });
    }

    private static <T, K, R> CompletionStage<List<Outcome<R>>> done(
            K key, List<T> things, BiFunction<K, List<T>, CompletionStage<List<Outcome<R>>>> work) {
        return guarded(() -> work.apply(key, things))
                .exceptionally(failure -> Collections.nCopies(things.size(), failed(failure)));
    }

    /** The same stage, which completes on a thread of the executor; while that is shutting down, on the one it has. */
    public static <T> CompletionStage<T> on(Executor executor, CompletionStage<T> stage) {
        CompletableFuture<T> moved = new CompletableFuture<>();
        stage.whenComplete((result, failure) -> {
            Runnable complete = () -> {
                if (failure == null) {
                    moved.complete(result);
                } else {
                    moved.completeExceptionally(failure);
                }
            };
            try {
                executor.execute(complete);
            } catch (RejectedExecutionException | IllegalStateException stopping) {
                complete.run();
            }
        });
        return moved;
    }

    /** What is thrown at once fails the stage instead. */
    public static <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> work) {
        try {
            return work.get();
        } catch (RuntimeException failure) {
            return CompletableFuture.failedStage(failure);
        }
    }

    /** A result that is known already, when all stages are through; many of them may be one and the same. */
    public static <S, T> CompletionStage<T> after(List<CompletionStage<S>> stages, T result) {
        CompletionStage<T> answer = CompletableFuture.completedStage(result);
        CompletionStage<S> latest = null;
        for (CompletionStage<S> stage : stages) {
            if (stage != latest) {
                answer = answer.thenCombine(stage, (same, done) -> same);
                latest = stage;
            }
        }
        return answer;
    }

    /**
     * Does portions of at most {@code most} things, one after the other, so that none overtakes an earlier one. Never fails:
     * when a portion fails, so does each thing of it and of those after it, and what was done before stays done.
     */
    public static <T, R> CompletionStage<List<Outcome<R>>> inPortions(
            List<T> things, int most, Function<List<T>, CompletionStage<List<R>>> work) {
        List<T> first = things.subList(0, Math.min(most, things.size()));
        return guarded(() -> work.apply(first))
                .handle((done, failure) -> {
                    if (failure != null) {
                        return allFailed(things.size(), Stages.<R>failed(failure));
                    }
                    List<Outcome<R>> outcomes = new ArrayList<>(things.size());
                    done.forEach(one -> outcomes.add(Outcome.of(one)));
                    if (first.size() == things.size()) {
                        return CompletableFuture.completedStage(outcomes);
                    }
                    return inPortions(things.subList(most, things.size()), most, work)
                            .thenApply(rest -> {
                                outcomes.addAll(rest);
                                return outcomes;
                            });
                })
                .thenCompose(outcomes -> outcomes);
    }

    private static <R> CompletionStage<List<Outcome<R>>> allFailed(int count, Outcome<R> failed) {
        return CompletableFuture.completedStage(Collections.nCopies(count, failed));
    }

    private static <R> Outcome<R> failed(Throwable failure) {
        return Outcome.failed(unwrapped(failure));
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /**
     * What a stage comes to. Blocks the thread, which must be one for slow work.
     *
     * @throws Refused {@link Reason#UNAVAILABLE} when that takes longer than so many seconds, or the server is stopping;
     *     else what the stage fails with
     */
    public static <T> T await(CompletionStage<T> stage, long seconds) {
        try {
            return stage.toCompletableFuture().get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(failure.getCause());
        } catch (TimeoutException late) {
            throw new Refused(Reason.UNAVAILABLE, "A store does not answer in time; try again");
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new Refused(Reason.UNAVAILABLE, "The server is stopping; try again");
        }
    }
}
