package io.carillon.platform.concurrent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;

/**
 * Lets requests share calls: whatever comes while a call is under way goes into the next one, in its order. Who comes alone
 * waits for nobody; when many come, a call costs each of them a share. After a call that several shared the next one waits
 * for as many again, half a millisecond at most. Each line has one call under way at most, so nothing in it overtakes. Safe
 * for many threads.
 *
 * @param <K> what tells lines apart; nothing of a line is kept when nobody was in it for half a millisecond
 * @param <T> what is asked
 * @param <R> what is answered
 */
public final class Coalescer<K, T, R> {
    private static final int MOST_THINGS = 500;
    private static final int MOST_BYTES = 4 << 20;
    private static final int PATIENCE_MICROS = 500;

    /** Things that came together, and the future of their answers. */
    private record Entry<T, R>(List<T> things, CompletableFuture<List<R>> answer) {}

    /** One that has a call under way, or just had. Its key guards it. */
    private static final class Line<T, R> {
        /** For the next call. */
        final List<Entry<T, R>> waiting = new ArrayList<>();
        /** How many the next call waits for while {@link #gathering} is set. */
        int expected;
        /** Names the wait for others, as long as there is no call under way but that wait. */
        Object gathering;
    }

    private final Executor executor;
    private final Executor later;
    private final ToIntFunction<T> size;
    private final BiFunction<K, List<T>, CompletionStage<List<R>>> call;
    private final ConcurrentHashMap<K, Line<T, R>> lines = new ConcurrentHashMap<>();

    /**
     * @param executor gives the answers, so that the thread on which a call ends is free at once
     * @param size the bytes of a thing, about; a call has 4 MB and 500 things at most, unless a single request has more
     * @param call answers each thing, in order
     */
    public Coalescer(Executor executor, ToIntFunction<T> size, BiFunction<K, List<T>, CompletionStage<List<R>>> call) {
        this(executor, delayed(executor), size, call);
    }

    /** @param later runs work when others have had their time to come */
    Coalescer(
            Executor executor,
            Executor later,
            ToIntFunction<T> size,
            BiFunction<K, List<T>, CompletionStage<List<R>>> call) {
        this.executor = executor;
        this.later = later;
        this.size = size;
        this.call = call;
    }

    private static Executor delayed(Executor executor) {
        return CompletableFuture.delayedExecutor(
                PATIENCE_MICROS, TimeUnit.MICROSECONDS, work -> executeAnyway(executor, work));
    }

    /** Also while the executor is shutting down. */
    private static void executeAnyway(Executor executor, Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException | IllegalStateException stopping) {
            work.run();
        }
    }

    /** Asks one thing. Fails as the call does that it goes into. */
    public CompletionStage<R> ask(K line, T thing) {
        return ask(line, List.of(thing)).thenApply(answers -> answers.get(0));
    }

    /** Asks several things with one call, in their order. Fails as the call does that they go into. */
    public CompletionStage<List<R>> ask(K line, List<T> things) {
        Entry<T, R> entry = new Entry<>(things, new CompletableFuture<>());
        boolean[] goes = new boolean[1];
        boolean[] alone = new boolean[1];
        lines.compute(line, (key, here) -> {
            alone[0] = here == null;
            if (here == null) {
                return new Line<>();
            }
            here.waiting.add(entry);
            goes[0] = here.gathering != null && here.waiting.size() >= here.expected;
            if (goes[0]) {
                here.gathering = null;
            }
            return here;
        });
        if (alone[0]) {
            call(line, List.of(entry));
        } else if (goes[0]) {
            goOn(line);
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
        answers.whenComplete((given, failure) -> executeAnyway(executor, () -> over(line, group, given, failure)));
    }

    private List<T> things(List<Entry<T, R>> group) {
        if (group.size() == 1) {
            return group.get(0).things();
        }
        List<T> things = new ArrayList<>();
        group.forEach(entry -> things.addAll(entry.things()));
        return things;
    }

    /** A next call that waits for nobody goes out before this one's answers are given, which may take its time. */
    private void over(K line, List<Entry<T, R>> group, List<R> given, Throwable failure) {
        Object gathering = gathering(line, group.size());
        if (gathering == null) {
            goOn(line);
        } else {
            later.execute(() -> gathered(line, gathering));
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

    /** Lets the line wait for others when some may be on their way; names that wait, or null. */
    private Object gathering(K line, int together) {
        Object[] gathering = new Object[1];
        lines.computeIfPresent(line, (key, here) -> {
            gathering[0] = together > 1 && here.waiting.size() < together ? new Object() : null;
            here.gathering = gathering[0];
            here.expected = together;
            return here;
        });
        return gathering[0];
    }

    /** Whoever has not come by now is not waited for. */
    private void gathered(K line, Object gathering) {
        boolean[] goes = new boolean[1];
        lines.computeIfPresent(line, (key, here) -> {
            goes[0] = here.gathering == gathering;
            if (goes[0]) {
                here.gathering = null;
            }
            return here;
        });
        if (goes[0]) {
            goOn(line);
        }
    }

    private void goOn(K line) {
        List<Entry<T, R>> next = next(line);
        if (!next.isEmpty()) {
            call(line, next);
        }
    }

    private List<Entry<T, R>> next(K line) {
        List<Entry<T, R>> next = new ArrayList<>();
        lines.compute(line, (key, here) -> {
            List<Entry<T, R>> waiting = here.waiting;
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
            return next.isEmpty() ? null : here;
        });
        return next;
    }
}
