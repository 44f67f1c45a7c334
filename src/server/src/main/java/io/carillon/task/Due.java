package io.carillon.task;

import java.time.Duration;
import java.time.Instant;

/**
 * When a task may be taken at the earliest.
 *
 * @param after so long after it was accepted, in ms; 0 at once
 * @param at not before this instant, in ms; 0 without one
 */
public record Due(long after, long at) {
    public static final Due AT_ONCE = new Due(0, 0);

    public static Due after(Duration delay) {
        return new Due(delay.toMillis(), 0);
    }

    public static Due at(Instant instant) {
        return new Due(0, instant.toEpochMilli());
    }

    /** How long until then; zero when it is over. */
    public Duration from(Instant now) {
        return Duration.ofMillis(Math.max(0, at > 0 ? at - now.toEpochMilli() : after));
    }

    /** The instant in ms, for a task accepted then; 0 when it is due at once. */
    long millis(long accepted) {
        return after > 0 ? accepted + after : at > accepted ? at : 0;
    }
}
