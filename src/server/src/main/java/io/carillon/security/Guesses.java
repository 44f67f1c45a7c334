package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Counts keys that turned out to be unknown, so that somebody who guesses cannot keep the database busy: beyond 100 in a
 * second, keys that nobody has seen lately are not looked up until the second is over. Safe for many threads.
 */
class Guesses {
    static final int PER_SECOND = 100;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanos;
    private long begin;
    private int count;

    Guesses(LongSupplier nanos) {
        this.nanos = nanos;
        this.begin = nanos.getAsLong();
    }

    /** @throws Refused ({@link Reason#FULL}) when there were too many in this second */
    synchronized void check() {
        turn();
        if (count >= PER_SECOND) {
            throw new Refused(
                    Reason.FULL, "Too many unknown API keys are being tried; try again", null, Duration.ofSeconds(1));
        }
    }

    synchronized void wrong() {
        turn();
        count++;
    }

    private void turn() {
        long now = nanos.getAsLong();
        if (now - begin >= SECOND) {
            begin = now;
            count = 0;
        }
    }
}
