package io.carillon.callback;

import io.carillon.platform.concurrent.Turns;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the callbacks that are due. Runs on each instance.
 *
 * <p>It claims rows in batches, sends them all at once over a client that holds no thread for them, and writes down what
 * came of them in batches. A claim ends by itself, so what a killed instance held is delivered by another: at least once,
 * and twice only if an instance died, or lost its database, between a receiver's answer and writing it down.
 *
 * <p>Whoever completes a task calls {@link #wake}; a look each second finds retries and what dead instances left.
 */
public class CallbackDelivery {
    private static final Logger log = LoggerFactory.getLogger(CallbackDelivery.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final int RECORDED_TOGETHER = 500;
    private static final int MOST_UNRECORDED = 2_000;
    private static final int WORTH_A_CLAIM = 16;
    private static final int LINES_A_MINUTE = 20;
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final CallbackTable table;
    private final Sender sender;
    private final Retries retries;
    private final CallbackSettings settings;
    private final ScheduledExecutorService scheduler;
    private final CallbackCounts counts = new CallbackCounts();

    private final long claimant = new SecureRandom().nextLong(1, Long.MAX_VALUE);
    private final Slots slots;
    private final Turns claiming;
    private final Turns recording;
    private final Set<CompletableFuture<Answer>> underWay = ConcurrentHashMap.newKeySet();
    private final Queue<Ended> ended = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unrecorded = new AtomicInteger();
    private final AtomicInteger freed = new AtomicInteger();
    private String lastHost = "";
    private volatile boolean moreIsDue;
    private volatile boolean stopping;
    private boolean databaseAnswers = true;
    private long minute = System.nanoTime();
    private int lines;
    private int unsaid;
    private ScheduledFuture<?> tick;

    CallbackDelivery(
            CallbackTable table,
            Sender sender,
            Retries retries,
            CallbackSettings settings,
            Executor executor,
            ScheduledExecutorService scheduler) {
        this.table = table;
        this.sender = sender;
        this.retries = retries;
        this.settings = settings;
        this.scheduler = scheduler;
        this.slots = new Slots(settings.total(), settings.perHost(), settings.bytes());
        this.claiming = new Turns(executor, this::claimSafely);
        this.recording = new Turns(executor, this::record);
    }

    /** Begins to deliver. Once for each object. */
    public synchronized void start() {
        sender.start();
        tick = scheduler.scheduleWithFixedDelay(
                () -> {
                    recording.request();
                    claiming.request();
                },
                0,
                TICK.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** Tells this instance that something is due now. Cheap, and never blocks. */
    public void wake() {
        claiming.request();
    }

    public CallbackCounts counts() {
        return counts;
    }

    /**
     * Sends what is due and there is room for, without waiting for the answers.
     *
     * @return how many attempts it began
     */
    public synchronized int runOnce() {
        int begun = 0;
        while (!stopping && slots.free() > 0 && unrecorded.get() < MOST_UNRECORDED) {
            freed.set(0);
            CallbackTable.Claim claim =
                    table.claim(claimant, Math.min(settings.batch(), slots.free()), slots, settings.claim(), lastHost);
            lastHost = claim.lastHost();
            moreIsDue = claim.more();
            claim.deliveries().forEach(this::begin);
            begun += claim.deliveries().size();
            if (claim.deliveries().isEmpty() || !claim.more()) {
                return begun;
            }
        }
        moreIsDue = true;
        return begun;
    }

    private void claimSafely() {
        try {
            runOnce();
            databaseAnswers(null);
        } catch (RuntimeException failure) {
            databaseAnswers(failure);
        }
    }

    private void begin(Delivery delivery) {
        slots.enter(delivery.host(), delivery.body().length);
        long started = System.nanoTime();
        CompletableFuture<Answer> attempt = sender.send(delivery, settings.longestAttempt());
        underWay.add(attempt);
        attempt.whenComplete((answer, failure) -> {
            underWay.remove(attempt);
            Duration took = Duration.ofNanos(System.nanoTime() - started);
            // fails only when stop() cancels it
            if (failure == null) {
                note(delivery.host(), answer);
            }
            end(delivery, failure == null ? ended(delivery, answer, took) : released(delivery, took));
        });
    }

    private void note(String host, Answer answer) {
        switch (slots.note(host, !answer.isUnwell())) {
            case FAILS ->
                log.warn(
                        "Callbacks to {} fail, {} times in a row by now: {}; only {} are tried at once until one"
                                + " succeeds",
                        host,
                        Slots.FAILURES,
                        answer,
                        Slots.PROBES);
            case WORKS_AGAIN -> log.info("Callbacks to {} arrive again", host);
            case NONE -> {}
        }
    }

    private Ended ended(Delivery whole, Answer answer, Duration took) {
        Delivery delivery = whole.withoutBody();
        if (answer.isSuccess()) {
            return new Ended(delivery, answer, Ended.Next.DELIVERED, Duration.ZERO, took);
        }
        Optional<Duration> delay = retries.delayAfter(answer, delivery.attemptOfRound(), delivery.left());
        Ended.Next next = delay.isPresent() ? Ended.Next.RETRY : Ended.Next.FAILED;
        return new Ended(delivery, answer, next, delay.orElse(Duration.ZERO), took);
    }

    private static Ended released(Delivery delivery, Duration took) {
        Answer answer = Answer.none("The server was stopped");
        return new Ended(delivery.withoutBody(), answer, Ended.Next.RELEASED, Duration.ZERO, took);
    }

    private void end(Delivery delivery, Ended attempt) {
        ended.add(attempt);
        unrecorded.incrementAndGet();
        slots.leave(delivery.host(), delivery.body().length);
        recording.request();
        // a claim for each slot that comes free would cost more than the callback
        if (moreIsDue && (freed.incrementAndGet() >= WORTH_A_CLAIM || slots.idle())) {
            claiming.request();
        }
    }

    /** Alone, so that stop() can wait until everything is written down. */
    private void record() {
        synchronized (ended) {
            recordAll();
            sayWhatWasUnsaid();
        }
    }

    private void recordAll() {
        List<Ended> batch = new ArrayList<>();
        while (!ended.isEmpty()) {
            batch.clear();
            for (Ended one; batch.size() < RECORDED_TOGETHER && (one = ended.poll()) != null; ) {
                batch.add(one);
            }
            try {
                table.record(claimant, batch);
                databaseAnswers(null);
            } catch (RuntimeException failure) {
                ended.addAll(batch);
                databaseAnswers(failure);
                return;
            }
            unrecorded.addAndGet(-batch.size());
            batch.forEach(this::tell);
        }
    }

    private void tell(Ended attempt) {
        counts.count(attempt);
        if (attempt.next() != Ended.Next.FAILED) {
            return;
        }
        // a receiver that is gone for good must not fill the log with its whole backlog
        if (lines++ >= LINES_A_MINUTE) {
            unsaid++;
            return;
        }
        log.warn(
                "Callback of task {} to {} is given up after attempt {}: {}",
                attempt.delivery().taskId(),
                place(attempt.delivery()),
                attempt.delivery().attempt(),
                attempt.answer());
    }

    private void sayWhatWasUnsaid() {
        if (System.nanoTime() - minute < MINUTE) {
            return;
        }
        if (unsaid > 0) {
            log.warn("{} more callbacks were given up; GET /v1/callbacks?state=failed lists them", unsaid);
        }
        minute = System.nanoTime();
        lines = 0;
        unsaid = 0;
    }

    private static String place(Delivery delivery) {
        try {
            return Target.of(delivery.url()).toString();
        } catch (RuntimeException unreadable) {
            return "an unreadable URL";
        }
    }

    private synchronized void databaseAnswers(RuntimeException failure) {
        if (failure == null) {
            databaseAnswers = true;
            return;
        }
        counts.countError();
        if (databaseAnswers) {
            log.warn("Callbacks wait: the database does not answer", failure);
        }
        databaseAnswers = false;
    }

    /** Waits a little for what is under way, gives the rest back to the other instances, and closes the connections. */
    public void stop() {
        stopping = true;
        synchronized (this) {
            if (tick != null) {
                tick.cancel(false);
            }
        }
        try {
            if (!slots.awaitIdle(settings.grace().toMillis())) {
                List.copyOf(underWay).forEach(attempt -> attempt.cancel(true));
                slots.awaitIdle(settings.grace().toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        record();
        sender.close();
    }
}
