package io.carillon.task;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.IntToLongFunction;

/**
 * The epoch of each queue as this instance knows it. A queue gets the next one whenever Redis has to be filled from
 * MariaDB again; as long as Redis has the key that is named after it, what Redis says of the queue can be relied on. Safe
 * for many threads.
 */
class Epochs {
    /** Redis is not asked whether it is the same as before. */
    static final long UNCHECKED = -1;

    private final Executor executor;
    private final IntToLongFunction restore;
    private final boolean checked;
    private final Map<Integer, Long> known = new ConcurrentHashMap<>();
    private final Map<Integer, CompletableFuture<Long>> restoring = new ConcurrentHashMap<>();

    /** @param restore finds the epoch that holds now, after rebuilding the queue if need be; blocks */
    Epochs(Executor executor, IntToLongFunction restore) {
        this(executor, restore, true);
    }

    private Epochs(Executor executor, IntToLongFunction restore, boolean checked) {
        this.executor = executor;
        this.restore = restore;
        this.checked = checked;
    }

    /** For queues that nothing is left of when Redis loses them. */
    static Epochs unchecked() {
        return new Epochs(Runnable::run, queue -> UNCHECKED, false);
    }

    /** The latest that this instance has heard of; 0 when it has not. */
    long known(int queue) {
        return checked ? known.getOrDefault(queue, 0L) : UNCHECKED;
    }

    /**
     * The epoch that holds instead of one that Redis did not want: a newer one, or the same when Redis had only saved since.
     * However many ask, the queue is rebuilt once.
     */
    CompletionStage<Long> after(int queue, long over) {
        long newer = known(queue);
        if (newer > over) {
            return CompletableFuture.completedStage(newer);
        }
        CompletableFuture<Long> mine = new CompletableFuture<>();
        CompletableFuture<Long> others = restoring.putIfAbsent(queue, mine);
        if (others != null) {
            return others;
        }
        try {
            executor.execute(() -> restore(queue, mine));
        } catch (RuntimeException stopping) {
            restoring.remove(queue, mine);
            mine.completeExceptionally(stopping);
        }
        return mine;
    }

    private void restore(int queue, CompletableFuture<Long> answer) {
        try {
            long epoch = restore.applyAsLong(queue);
            if (epoch != UNCHECKED) {
                known.merge(queue, epoch, Math::max);
            }
            restoring.remove(queue, answer);
            answer.complete(epoch);
        } catch (RuntimeException | Error failure) {
            restoring.remove(queue, answer);
            answer.completeExceptionally(failure);
        }
    }
}
