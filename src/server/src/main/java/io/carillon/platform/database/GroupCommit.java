package io.carillon.platform.database;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Lets concurrent callers share transactions: whatever waits when a transaction ends goes into the next one. An idle
 * server adds no delay, a busy one pays one COMMIT for many: where several came together just before, the next transaction
 * waits for as many again, a millisecond at most.
 *
 * <p>The writer must be idempotent, because its work is done again when the outcome of a COMMIT is unknown. When a
 * statement fails for many rows it is called again for each, so that one bad row fails alone; whatever else it throws, all
 * of them fail with. Safe for many threads.
 *
 * @param <R> what a caller wants written
 * @param <A> what it is answered
 */
public final class GroupCommit<R, A> {
    private static final int MOST_ROWS = 500;
    private static final int MOST_BYTES = 4 << 20;
    private static final Duration PATIENCE = Duration.ofMillis(1);
    /** Times the patience: how long ago others may have come together to be expected again. */
    private static final int RECENT = 20;

    /** Rows that one caller wants written, in one transaction unless one of them is bad. */
    private record Waiting<R, A>(List<R> rows, int bytes, Consumer<List<Outcome<A>>> answer) {
        void fail(Throwable failure) {
            answer.accept(Collections.nCopies(rows.size(), Outcome.failed(failure)));
        }
    }

    private final Executor executor;
    private final ToIntFunction<R> size;
    private final Function<List<R>, List<A>> writer;
    private final long patience;
    private final ConcurrentLinkedQueue<Waiting<R, A>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean busy = new AtomicBoolean();

    /** Who waits until {@link #expected} have come; null when nobody does. */
    private volatile Thread gathering;

    // Of the last group, for whoever is busy.
    private volatile int expected;
    private long ended;

    /**
     * @param size a row's size in bytes, about
     * @param writer writes rows in one transaction and answers each, in order
     */
    public GroupCommit(Executor executor, ToIntFunction<R> size, Function<List<R>, List<A>> writer) {
        this(executor, size, writer, PATIENCE);
    }

    GroupCommit(Executor executor, ToIntFunction<R> size, Function<List<R>, List<A>> writer, Duration patience) {
        this.executor = executor;
        this.size = size;
        this.writer = writer;
        this.patience = patience.toNanos();
    }

    /** Completes when the row is committed, or fails with what the writer threw for it. */
    public CompletionStage<A> write(R row) {
        CompletableFuture<A> written = new CompletableFuture<>();
        enqueue(new Waiting<>(List.of(row), size.applyAsInt(row), outcomes -> {
            Outcome<A> outcome = outcomes.get(0);
            if (outcome.isFailed()) {
                written.completeExceptionally(outcome.failure());
            } else {
                written.complete(outcome.value());
            }
        }));
        commitSoon();
        return written;
    }

    /**
     * Like {@link #write}, for many rows at once: they are committed in their order, together as far as a transaction may
     * have so many. Completes when all are through; never fails, for each row has an outcome of its own.
     */
    public CompletionStage<List<Outcome<A>>> writeAll(List<R> rows) {
        List<CompletableFuture<List<Outcome<A>>>> portions = new ArrayList<>(1);
        for (int from = 0, to; from < rows.size(); from = to) {
            int bytes = 0;
            for (to = from; to < rows.size() && to - from < MOST_ROWS && bytes < MOST_BYTES; to++) {
                bytes += size.applyAsInt(rows.get(to));
            }
            CompletableFuture<List<Outcome<A>>> written = new CompletableFuture<>();
            portions.add(written);
            enqueue(new Waiting<>(rows.subList(from, to), bytes, written::complete));
        }
        commitSoon();
        if (portions.size() == 1) {
            return portions.get(0);
        }
        return CompletableFuture.allOf(portions.toArray(CompletableFuture[]::new))
                .thenApply(all -> portions.stream()
                        .flatMap(portion -> portion.join().stream())
                        .toList());
    }

    private void enqueue(Waiting<R, A> entry) {
        waiting.add(entry);
        int now = count.incrementAndGet();
        Thread gatherer = gathering;
        if (gatherer != null && now >= expected) {
            LockSupport.unpark(gatherer);
        }
    }

    private Waiting<R, A> dequeue() {
        Waiting<R, A> entry = waiting.poll();
        if (entry != null) {
            count.decrementAndGet();
        }
        return entry;
    }

    private void commitSoon() {
        if (waiting.isEmpty() || !busy.compareAndSet(false, true)) {
            return;
        }
        try {
            executor.execute(this::commitAll);
        } catch (RejectedExecutionException | IllegalStateException shuttingDown) {
            // while it is still ours, for nobody else may take from the queue between a look and a removal
            for (Waiting<R, A> entry; (entry = dequeue()) != null; ) {
                entry.fail(shuttingDown);
            }
            busy.set(false);
            // Somebody may have come between the last look and the flag.
            commitSoon();
        }
    }

    private void commitAll() {
        try {
            gather();
            for (List<Waiting<R, A>> group; !(group = nextGroup()).isEmpty(); gather()) {
                commit(group);
                expected = group.size();
                ended = System.nanoTime();
            }
        } finally {
            busy.set(false);
        }
        // Somebody may have come between the last look and the flag.
        commitSoon();
    }

    /** Waits for as many as came together last, if that was just now: they are probably answered and on their way again. */
    private void gather() {
        long began = System.nanoTime();
        if (expected <= 1 || began - ended > RECENT * patience || waiting.isEmpty()) {
            return;
        }
        gathering = Thread.currentThread();
        try {
            long left = patience;
            while (left > 0 && count.get() < expected && !Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(this, left);
                left = patience - (System.nanoTime() - began);
            }
        } finally {
            gathering = null;
        }
    }

    private List<Waiting<R, A>> nextGroup() {
        List<Waiting<R, A>> group = new ArrayList<>();
        int rows = 0;
        int bytes = 0;
        while (rows < MOST_ROWS && bytes < MOST_BYTES) {
            Waiting<R, A> next = waiting.peek();
            if (next == null
                    || rows > 0 && (rows + next.rows().size() > MOST_ROWS || bytes + next.bytes() > MOST_BYTES)) {
                break;
            }
            dequeue();
            group.add(next);
            rows += next.rows().size();
            bytes += next.bytes();
        }
        return group;
    }

    private void commit(List<Waiting<R, A>> group) {
        List<Outcome<A>> outcomes;
        try {
            outcomes = outcomes(
                    group.size() == 1
                            ? group.get(0).rows()
                            : group.stream()
                                    .flatMap(entry -> entry.rows().stream())
                                    .toList());
        } catch (RuntimeException | Error failure) {
            outcomes = Collections.nCopies(
                    group.stream().mapToInt(entry -> entry.rows().size()).sum(), Outcome.failed(failure));
        }
        List<Outcome<A>> all = outcomes;
        try {
            // whoever is answered may take its time, and the next group shall not wait for it
            executor.execute(() -> give(group, all));
        } catch (RejectedExecutionException | IllegalStateException shuttingDown) {
            give(group, all);
        }
    }

    private void give(List<Waiting<R, A>> group, List<Outcome<A>> outcomes) {
        int from = 0;
        for (Waiting<R, A> entry : group) {
            int to = from + entry.rows().size();
            entry.answer().accept(outcomes.subList(from, to));
            from = to;
        }
    }

    private List<Outcome<A>> outcomes(List<R> rows) {
        try {
            return write(rows).stream().map(Outcome::of).toList();
        } catch (DatabaseFailure failure) {
            if (rows.size() == 1) {
                return List.of(Outcome.failed(failure));
            }
        }
        List<Outcome<A>> oneByOne = new ArrayList<>(rows.size());
        for (R row : rows) {
            try {
                oneByOne.addAll(outcomes(List.of(row)));
            } catch (RuntimeException | Error failure) {
                oneByOne.add(Outcome.failed(failure));
            }
        }
        return oneByOne;
    }

    private List<A> write(List<R> rows) {
        try {
            return writer.apply(rows);
        } catch (CommitUnknown unknown) {
            try {
                return writer.apply(rows);
            } catch (CommitUnknown still) {
                throw new Refused(Reason.UNAVAILABLE, "The database cannot be reached; try again");
            }
        }
    }
}
