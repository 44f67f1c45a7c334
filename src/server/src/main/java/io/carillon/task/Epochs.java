package io.carillon.task;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.IntToLongFunction;

/**
 * The epoch of each queue as this instance knows it. A queue gets the next one whenever Redis has to be filled from
 * MariaDB again; as long as Redis has the key that is named after it, what Redis says of the queue can be relied on. Safe
 * for many threads.
 */
class Epochs {
    /** Redis is not asked whether it is the same as before. */
    static final long UNCHECKED = -1;

    /** Each holds one connection to MariaDB and needs others, so they must never be all that the pool has. */
    private static final int AT_ONCE = 4;

    private final Executor executor;
    private final IntToLongFunction restore;
    private final boolean checked;
    private final Map<Integer, Long> known = new ConcurrentHashMap<>();
    private final Map<Integer, CompletableFuture<Long>> restoring = new ConcurrentHashMap<>();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final Semaphore places = new Semaphore(AT_ONCE);

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
        waiting.add(() -> restore(queue, mine));
        restoreNext();
        return mine;
    }

    private void restoreNext() {
        while (!waiting.isEmpty() && places.tryAcquire()) {
            Runnable next = waiting.poll();
            if (next == null) {
                places.release();
                continue;
            }
            try {
                executor.execute(() -> {
                    try {
                        next.run();
                    } finally {
                        places.release();
                        restoreNext();
                    }
                });
            } catch (RejectedExecutionException stopping) {
                places.release();
                restoring.values().forEach(answer -> answer.completeExceptionally(stopping));
                restoring.clear();
                return;
            }
        }
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
