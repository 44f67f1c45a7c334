package io.carillon.worker;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts what {@link Statistics} tell. Safe for many threads. */
final class Counters {
    final LongAdder taken = new LongAdder();
    final LongAdder completed = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder released = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder retriedLater = new LongAdder();
    final LongAdder callErrors = new LongAdder();
    final LongAdder busyNanos = new LongAdder();
    /** Calls that were given up since one succeeded. */
    final AtomicInteger callErrorsInARow = new AtomicInteger();
    /** Results and hand-backs that the server refused since it took one in. */
    final AtomicInteger handInErrorsInARow = new AtomicInteger();

    final AtomicInteger handBackErrorsInARow = new AtomicInteger();
    /** Attempts that failed since one ended well. */
    final AtomicInteger failuresInARow = new AtomicInteger();

    final AtomicInteger notBegunInARow = new AtomicInteger();

    volatile Instant started = Instant.now();
    volatile String lastError;

    Statistics read(int running) {
        return new Statistics(
                taken.sum(),
                completed.sum(),
                failed.sum(),
                refused.sum(),
                released.sum(),
                cancelled.sum(),
                retriedLater.sum(),
                callErrors.sum(),
                running,
                Duration.ofNanos(busyNanos.sum()),
                started,
                lastError);
    }
}
