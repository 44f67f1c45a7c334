package io.carillon.batch;

import io.carillon.platform.concurrent.Ticks;
import io.carillon.platform.concurrent.Turns;
import io.carillon.platform.error.Refused;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that each batch goes its way to its end. Runs on each instance: it claims batches that are due, a few at a time,
 * and does their next steps. A claim ends by itself, so any instance goes on where one died. Whoever creates a batch, and
 * every line that ends, wakes it; a look each second finds what time brings and what dead instances left.
 */
class Caretaker {
    private static final Logger LOG = LoggerFactory.getLogger(Caretaker.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(2);
    /** Ends come by the hundred; one look for all of them. */
    private static final Duration GATHERED = Duration.ofMillis(20);
    /** Each may hold a connection and read a file. */
    private static final int AT_ONCE = 4;

    private final BatchTable table;
    private final Steps steps;
    private final Executor executor;
    private final ScheduledExecutorService scheduler;
    private final Turns turns;
    private final Turns looks;
    private final Semaphore slots = new Semaphore(AT_ONCE);
    private final Set<String> touched = ConcurrentHashMap.newKeySet();
    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean lookComes = new AtomicBoolean();
    /** Whether somebody found no slot free, maybe only because another was asking what is due. */
    private final AtomicBoolean turnedAway = new AtomicBoolean();

    private Ticks ticks;
    private volatile boolean stopping;

    Caretaker(BatchTable table, Steps steps, Executor executor, ScheduledExecutorService scheduler) {
        this.table = table;
        this.steps = steps;
        this.executor = executor;
        this.scheduler = scheduler;
        this.turns = new Turns(executor, this::claimSafely);
        this.looks = new Turns(executor, this::lookSafely);
    }

    /** Begins to work. Once for each object. */
    void start() {
        ticks = Ticks.start(scheduler, "The caretaker of batches", TICK, TICK, turns::request);
    }

    /** Begins no new step. */
    void stop() {
        stopping = true;
        if (ticks != null) {
            ticks.stop();
        }
    }

    /** Something is due now. Cheap, and never blocks. */
    void wake() {
        turns.request();
    }

    /** Lines of these batches have ended. Cheap, and never blocks. */
    void ended(Collection<String> batches) {
        touched.addAll(batches);
        if (lookComes.compareAndSet(false, true)) {
            try {
                scheduler.schedule(looks::request, GATHERED.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException | IllegalStateException shuttingDown) {
                lookComes.set(false);
            }
        }
    }

    /**
     * Does one step of each batch that is due, on this thread.
     *
     * @return of how many
     */
    int runOnce() {
        List<Batch> due = table.claimDue(Integer.MAX_VALUE);
        due.forEach(batch -> work(batch, false));
        return due.size();
    }

    private void claimSafely() {
        try {
            beginFree(free -> free == 0 ? List.of() : table.claimDue(free));
        } catch (RuntimeException failure) {
            LOG.debug("No batches can be claimed: {}", failure.getMessage());
        }
    }

    /** @param claim claims at most so many batches as it is told */
    private void beginFree(IntFunction<List<Batch>> claim) {
        int free = stopping ? 0 : slots.drainPermits();
        List<Batch> claimed = List.of();
        if (free == 0) {
            turnedAway.set(true);
        }
        try {
            claimed = claim.apply(free);
        } finally {
            slots.release(free - claimed.size());
            if (free > 0 && turnedAway.getAndSet(false)) {
                goOn();
            }
        }
        claimed.forEach(this::begin);
    }

    private void goOn() {
        turns.request();
        if (!touched.isEmpty()) {
            looks.request();
        }
    }

    private void begin(Batch batch) {
        try {
            executor.execute(() -> {
                try {
                    work(batch, true);
                } finally {
                    slots.release();
                    goOn();
                }
            });
        } catch (RejectedExecutionException | IllegalStateException full) {
            slots.release();
        }
    }

    /** The last line of a batch has ended, most likely. */
    private void lookSafely() {
        lookComes.set(false);
        if (touched.isEmpty()) {
            return;
        }
        try {
            beginFree(free -> {
                // Whoever is busy looks again when it is done, if these are still there then.
                if (free == 0) {
                    return List.of();
                }
                Set<String> some = new HashSet<>(touched);
                touched.removeAll(some);
                List<Batch> done = table.claimDone(some, free);
                if (done.size() == free) {
                    touched.addAll(some);
                }
                return done;
            });
        } catch (RuntimeException failure) {
            // the look of the next tick finds them
            LOG.debug("Ended batches are found later: {}", failure.getMessage());
        }
    }

    /** @param onward whether to go on with the steps after the next while there are some */
    private void work(Batch claimed, boolean onward) {
        Batch batch = claimed;
        try {
            while (true) {
                Optional<Duration> pause = steps.next(batch);
                failing.remove(batch.id().text());
                if (pause.isEmpty()) {
                    return;
                }
                boolean splits = batch.state() == BatchState.IN_PROGRESS && !batch.isSplit();
                if (!pause.get().isZero() || !onward || stopping || splits) {
                    letGo(batch, pause.get());
                    return;
                }
                Optional<Batch> now = table.find(batch.id());
                if (now.isEmpty() || now.get().claim() != claimed.claim()) {
                    return;
                }
                batch = now.get();
            }
        } catch (Hold.Lost lost) {
            LOG.debug("{}", lost.getMessage());
            letGo(batch, Duration.ZERO);
            wake();
        } catch (IOException | RuntimeException failure) {
            if (failing.add(batch.id().text())) {
                LOG.warn(
                        "Batch {} cannot go on and is tried again: {}",
                        batch.id(),
                        failure.getMessage(),
                        failure instanceof Refused ? null : failure);
            }
            release(batch, AFTER_A_FAILURE);
        }
    }

    private void letGo(Batch batch, Duration pause) {
        release(batch, pause);
        if (batch.total() > 0) {
            // Its last line may have ended while nobody else could claim it.
            ended(List.of(batch.id().text()));
        }
    }

    private void release(Batch batch, Duration pause) {
        try {
            table.release(batch, pause);
        } catch (RuntimeException failure) {
            // its claim ends by itself
            LOG.debug("Batch {} is let go later: {}", batch.id(), failure.getMessage());
        }
    }
}
