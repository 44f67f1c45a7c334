package io.carillon.worker;

import java.time.Duration;

/**
 * Keeps calls from a server that does not answer: after some failures in a row it opens, for longer each time, and then lets a
 * single call try. Safe for many threads.
 */
final class Circuit {
    private static final int FAILURES = 5;
    private static final Duration WHILE_ANOTHER_TRIES = Duration.ofMillis(200);

    private int failures;
    private long opensNothingUntil;
    private boolean trying;

    /** Zero when a call may go now; then it must end in {@link #succeeded} or {@link #failed}. Else how long to wait. */
    synchronized Duration pause(long now) {
        if (failures < FAILURES) {
            return Duration.ZERO;
        }
        if (now - opensNothingUntil < 0) {
            return Duration.ofNanos(opensNothingUntil - now);
        }
        if (trying) {
            return WHILE_ANOTHER_TRIES;
        }
        trying = true;
        return Duration.ZERO;
    }

    synchronized void succeeded() {
        failures = 0;
        trying = false;
    }

    synchronized void failed(long now) {
        failures++;
        trying = false;
        if (failures >= FAILURES) {
            opensNothingUntil = now + Backoff.after(failures - FAILURES + 1).toNanos();
        }
    }

    /** Whether calls are kept back. */
    synchronized boolean isOpen() {
        return failures >= FAILURES;
    }
}
