package io.carillon.it.bench;

import java.time.Duration;

/** How long and how often clients may go on, all together, from when the first of them begins. For one thread. */
final class Limit {
    private final Duration time;
    private long end;
    private int left;

    Limit(Duration time, int times) {
        this.time = time;
        this.left = times;
    }

    /** Whether there is one more. */
    boolean next() {
        long now = System.nanoTime();
        if (end == 0) {
            end = now + time.toNanos();
        }
        return now < end && left-- > 0;
    }
}
