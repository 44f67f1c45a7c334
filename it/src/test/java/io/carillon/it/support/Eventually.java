package io.carillon.it.support;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Waits for what must become true, by looking often. */
public final class Eventually {
    private static final Duration USUAL = Duration.ofSeconds(15);

    private Eventually() {}

    /** Looks until the claim holds; fails with the last thing seen. */
    public static <T> T get(Supplier<T> look, Predicate<T> claim) {
        return get(USUAL, look, claim);
    }

    public static <T> T get(Duration within, Supplier<T> look, Predicate<T> claim) {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            T seen = look.get();
            if (claim.test(seen)) {
                return seen;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Not within " + within.toSeconds() + " s; last seen: " + seen);
            }
            pause();
        }
    }

    /** Tries until the assertion passes; fails as it failed last. */
    public static void passes(Duration within, ThrowingCallable assertion) {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            try {
                assertion.call();
                return;
            } catch (Throwable failure) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(
                            "Not within " + within.toSeconds() + " s: " + failure.getMessage(), failure);
                }
            }
            pause();
        }
    }

    public static void passes(ThrowingCallable assertion) {
        passes(USUAL, assertion);
    }

    private static void pause() {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
}
