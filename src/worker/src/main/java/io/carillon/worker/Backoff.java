package io.carillon.worker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait after failures: 0.5, 1, 2 s and so on up to 15 s, give or take a fifth, so that many do not come at once. */
final class Backoff {
    private static final long FIRST = 500;
    private static final long LONGEST = 15_000;
    private static final int DOUBLINGS = 10;

    private Backoff() {}

    /** @param failures how many there were; at least 1 */
    static Duration after(int failures) {
        long millis = Math.min(LONGEST, FIRST << Math.min(DOUBLINGS, failures - 1));
        return Duration.ofMillis((long) (millis * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
    }
}
