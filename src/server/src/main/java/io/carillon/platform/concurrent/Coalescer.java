package io.carillon.platform.concurrent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;

/**
 * Lets requests share calls: whatever comes while a call is under way goes into the next one, in its order. Who comes alone
 * waits for nobody; when many come, a call costs each of them a share. Each line has one call under way at most, so nothing
 * in it overtakes. Safe for many threads.
 *
 * @param <K> what tells lines apart; nothing of a line is kept while nobody is in it
 * @param <T> what is asked
 * @param <R> what is answered
 */
public final class Coalescer<K, T, R> {
    private static final int MOST_THINGS = 500;
    private static final int MOST_BYTES = 4 << 20;

    /** Things that came together, and the future of their answers. */
    private record Entry<T, R>(List<T> things, CompletableFuture<List<R>> answer) {}

    private final Executor executor;
    private final ToIntFunction<T> size;
    private final BiFunction<K, List<T>, CompletionStage<List<R>>> call;
    /** The lines that have a call under way, and who waits for the next one. */
    private final ConcurrentHashMap<K, List<Entry<T, R>>> lines = new ConcurrentHashMap<>();

    /**
     * @param executor gives the answers, so that the thread on which a call ends is free at once
     * @param size the bytes of a thing, about; a call has 4 MB and 500 things at most, unless a single request has more
     * @param call answers each thing, in order
     */
    public Coalescer(Executor executor, ToIntFunction<T> size, BiFunction<K, List<T>, CompletionStage<List<R>>> call) {
        this.executor = executor;
        this.size = size;
        this.call = call;
    }

    /** Asks one thing. Fails as the call does that it goes into. */
    public CompletionStage<R> ask(K line, T thing) {
        return ask(line, List.of(thing)).thenApply(answers -> answers.get(0));
    }

    /** Asks several things with one call, in their order. Fails as the call does that they go into. */
    public CompletionStage<List<R>> ask(K line, List<T> things) {
        Entry<T, R> entry = new Entry<>(things, new CompletableFuture<>());
        boolean[] alone = new boolean[1];
        lines.compute(line, (key, waiting) -> {
            alone[0] = waiting == null;
            if (waiting == null) {
                return new ArrayList<>();
            }
            waiting.add(entry);
            return waiting;
        });
        if (alone[0]) {
            call(line, List.of(entry));
        }
        return entry.answer();
    }

    private void call(K line, List<Entry<T, R>> group) {
        CompletionStage<List<R>> answers;
        try {
            answers = call.apply(line, things(group));
        } catch (RuntimeException | Error failure) {
            answers = CompletableFuture.failedStage(failure);
        }
        answers.whenComplete((given, failure) -> {
            try {
                executor.execute(() -> over(line, group, given, failure));
            } catch (RejectedExecutionException | IllegalStateException stopping) {
                over(line, group, given, failure);
            }
        });
    }

    private List<T> things(List<Entry<T, R>> group) {
        if (group.size() == 1) {
            return group.get(0).things();
        }
        List<T> things = new ArrayList<>();
        group.forEach(entry -> things.addAll(entry.things()));
        return things;
    }

    /** The next call goes out before this one's answers are given, which may take its time. */
    private void over(K line, List<Entry<T, R>> group, List<R> given, Throwable failure) {
        List<Entry<T, R>> next = next(line);
        if (!next.isEmpty()) {
            call(line, next);
        }
        Throwable why = failure == null && given.size() != size(group)
                ? new IllegalStateException(given.size() + " answers came to " + size(group) + " questions")
                : failure;
        int from = 0;
        for (Entry<T, R> entry : group) {
            if (why != null) {
                entry.answer().completeExceptionally(why);
            } else {
                int to = from + entry.things().size();
                entry.answer().complete(given.subList(from, to));
                from = to;
            }
        }
    }

    private static <T, R> int size(List<Entry<T, R>> group) {
        return group.stream().mapToInt(entry -> entry.things().size()).sum();
    }

    private List<Entry<T, R>> next(K line) {
        List<Entry<T, R>> next = new ArrayList<>();
        lines.compute(line, (key, waiting) -> {
            int things = 0;
            long bytes = 0;
            for (Entry<T, R> entry : waiting) {
                things += entry.things().size();
                bytes += entry.things().stream().mapToLong(size::applyAsInt).sum();
                if (!next.isEmpty() && (things > MOST_THINGS || bytes > MOST_BYTES)) {
                    break;
                }
                next.add(entry);
            }
            waiting.subList(0, next.size()).clear();
            return next.isEmpty() ? null : waiting;
        });
        return next;
    }
}
