package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Slows down who guesses keys, so that this neither keeps the database busy nor locks out others: when 100 keys in a second
 * turned out to be unknown, keys that nobody has seen lately are looked up one after the other until the second is over. A good
 * one among them waits its turn; only beyond a few that wait are they refused. Safe for many threads.
 */
class Guesses {
    static final int PER_SECOND = 100;
    /** Few, for each that waits keeps a thread. */
    static final int MOST_AT_ONCE = 8;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanos;
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private final Semaphore turn = new Semaphore(1, true);
    private long begin;
    private int count;

    Guesses(LongSupplier nanos) {
        this.nanos = nanos;
        this.begin = nanos.getAsLong();
    }

    /**
     * Looks a key up that nobody has seen lately, now or when it is its turn.
     *
     * @throws Refused ({@link Reason#FULL}) when too many wait
     */
    <T> T lookUp(Supplier<T> look) {
        if (!areMany()) {
            return look.get();
        }
        if (!places.tryAcquire()) {
            throw tooMany();
        }
        try {
            if (!turn.tryAcquire(1, TimeUnit.SECONDS)) {
                throw tooMany();
            }
            try {
                return look.get();
            } finally {
                turn.release();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw tooMany();
        } finally {
            places.release();
        }
    }

    private static Refused tooMany() {
        return new Refused(
                Reason.FULL, "Too many unknown API keys are being tried; try again", null, Duration.ofSeconds(1));
    }

    synchronized void wrong() {
        passTime();
        count++;
    }

    private synchronized boolean areMany() {
        passTime();
        return count >= PER_SECOND;
    }

    private void passTime() {
        long now = nanos.getAsLong();
        if (now - begin >= SECOND) {
            begin = now;
            count = 0;
        }
    }
}
