package io.carillon.callback;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * When a callback that failed is tried again: after about 2, 5 and 10 s as Bella-Queue does, then at doubling distances up
 * to an hour, until its time is over. Only a 2xx is a success. All distances are spread by a quarter, so that those who
 * failed together do not come back together.
 *
 * @param first the delays after the first attempts; the last of them is doubled for those that follow
 * @param random numbers from 0 to 1, which spread the attempts
 */
record Retries(List<Duration> first, DoubleSupplier random) {
    private static final Duration LONGEST = Duration.ofHours(1);
    /** Attempts at a receiver that says the request itself is wrong; it may be in the middle of a deployment. */
    private static final int ATTEMPTS_WHEN_REFUSED = 4;

    static Retries standard(DoubleSupplier random) {
        return new Retries(List.of(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(10)), random);
    }

    /**
     * How long to wait before the next attempt, or empty when this failure is final.
     *
     * @param attempt the number of the attempt that failed, from 1
     * @param left how long this callback may still be tried
     */
    Optional<Duration> delayAfter(Answer failure, int attempt, Duration left) {
        if (!failure.isUnwell() && attempt >= ATTEMPTS_WHEN_REFUSED) {
            return Optional.empty();
        }
        Duration delay = times(delay(attempt), 0.75 + 0.5 * random.getAsDouble());
        if (failure.retryAfter() != null && failure.retryAfter().compareTo(delay) > 0) {
            Duration asked = failure.retryAfter().compareTo(LONGEST) < 0 ? failure.retryAfter() : LONGEST;
            // later than it asked, never earlier
            delay = times(asked, 1 + 0.1 * random.getAsDouble());
        }
        return delay.compareTo(left) > 0 ? Optional.empty() : Optional.of(delay);
    }

    private static Duration times(Duration duration, double factor) {
        return Duration.ofMillis(Math.round(duration.toMillis() * factor));
    }

    private Duration delay(int attempt) {
        if (attempt <= first.size()) {
            return first.get(Math.max(attempt, 1) - 1);
        }
        int doublings = Math.min(attempt - first.size(), 20);
        long millis = Math.min(first.get(first.size() - 1).toMillis() << doublings, LONGEST.toMillis());
        return Duration.ofMillis(millis);
    }
}
