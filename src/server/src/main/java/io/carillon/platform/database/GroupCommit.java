package io.carillon.platform.database;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Lets concurrent callers share transactions: whatever waits when a transaction ends goes into the next one. An idle
 * server adds no delay, a busy one pays one COMMIT for many.
 *
 * <p>The writer must be idempotent, because its work is done again when the outcome of a COMMIT is unknown. When it fails
 * for many rows it is called again for each, so that one bad row fails alone. Safe for many threads.
 *
 * @param <R> what a caller wants written
 * @param <A> what it is answered
 */
public final class GroupCommit<R, A> {
    private static final int MOST_ROWS = 500;
    private static final int MOST_BYTES = 4 << 20;

    private record Waiting<R, A>(R row, CompletableFuture<A> answer) {}

    private final Executor executor;
    private final ToIntFunction<R> size;
    private final Function<List<R>, List<A>> writer;
    private final ConcurrentLinkedQueue<Waiting<R, A>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean busy = new AtomicBoolean();

    /**
     * @param size a row's size in bytes, about
     * @param writer writes rows in one transaction and answers each, in order
     */
    public GroupCommit(Executor executor, ToIntFunction<R> size, Function<List<R>, List<A>> writer) {
        this.executor = executor;
        this.size = size;
        this.writer = writer;
    }

    /** Completes when the row is committed, or fails with what the writer threw for it. */
    public CompletionStage<A> write(R row) {
        Waiting<R, A> entry = new Waiting<>(row, new CompletableFuture<>());
        waiting.add(entry);
        commitSoon();
        return entry.answer();
    }

    private void commitSoon() {
        if (waiting.isEmpty() || !busy.compareAndSet(false, true)) {
            return;
        }
        try {
            executor.execute(this::commitAll);
        } catch (RejectedExecutionException | IllegalStateException shuttingDown) {
            busy.set(false);
            for (Waiting<R, A> entry; (entry = waiting.poll()) != null; ) {
                entry.answer().completeExceptionally(shuttingDown);
            }
        }
    }

    private void commitAll() {
        try {
            for (List<Waiting<R, A>> group; !(group = nextGroup()).isEmpty(); ) {
                commit(group);
            }
        } finally {
            busy.set(false);
        }
        // Somebody may have come between the last look and the flag.
        commitSoon();
    }

    private List<Waiting<R, A>> nextGroup() {
        List<Waiting<R, A>> group = new ArrayList<>();
        int bytes = 0;
        while (group.size() < MOST_ROWS && bytes < MOST_BYTES) {
            Waiting<R, A> next = waiting.poll();
            if (next == null) {
                break;
            }
            group.add(next);
            bytes += size.applyAsInt(next.row());
        }
        return group;
    }

    private void commit(List<Waiting<R, A>> group) {
        List<A> answers;
        try {
            answers = write(group.stream().map(Waiting::row).toList());
        } catch (DatabaseFailure failure) {
            if (group.size() == 1) {
                group.get(0).answer().completeExceptionally(failure);
            } else {
                group.forEach(entry -> commit(List.of(entry)));
            }
            return;
        } catch (RuntimeException | Error failure) {
            group.forEach(entry -> entry.answer().completeExceptionally(failure));
            return;
        }
        for (int i = 0; i < group.size(); i++) {
            group.get(i).answer().complete(answers.get(i));
        }
    }

    private List<A> write(List<R> rows) {
        try {
            return writer.apply(rows);
        } catch (CommitUnknown unknown) {
            return writer.apply(rows);
        }
    }
}
