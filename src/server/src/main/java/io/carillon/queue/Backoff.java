package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;

/**
 * How long a task rests after a failed attempt.
 *
 * @param type whether the delay stays or doubles
 * @param delay before the second attempt; from nothing to a day
 * @param max the longest; from {@code delay} to a week
 * @param jitter how much shorter a delay may be, by chance, as a part of it from 0 to 1; so that tasks which failed
 *     together do not come back together
 */
public record Backoff(Type type, Duration delay, Duration max, double jitter) {
    public static final Duration LONGEST_DELAY = Duration.ofDays(1);
    public static final Duration LONGEST_MAX = Duration.ofDays(7);
    public static final Backoff USUAL =
            new Backoff(Type.EXPONENTIAL, Duration.ofSeconds(1), Duration.ofMinutes(10), 0.1);

    public enum Type {
        /** The same delay each time. */
        FIXED,
        /** Twice the delay before. */
        EXPONENTIAL
    }

    /** @throws Refused {@link Reason#INVALID}, naming the culprit */
    public Backoff {
        if (type == null) {
            throw invalid("type must be fixed or exponential", "type");
        }
        if (delay == null || delay.isNegative() || delay.compareTo(LONGEST_DELAY) > 0) {
            throw invalid("delay_ms must be from 0 to " + LONGEST_DELAY.toMillis(), "delay_ms");
        }
        if (max == null || max.compareTo(delay) < 0 || max.compareTo(LONGEST_MAX) > 0) {
            throw invalid("max_ms must be from delay_ms to " + LONGEST_MAX.toMillis(), "max_ms");
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw invalid("jitter must be from 0 to 1", "jitter");
        }
    }

    private static Refused invalid(String message, String field) {
        return new Refused(Reason.INVALID, message, field);
    }
}
