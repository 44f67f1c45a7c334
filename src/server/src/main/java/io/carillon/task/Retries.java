package io.carillon.task;

import io.carillon.queue.Backoff;
import java.time.Duration;
import java.util.Locale;

/**
 * What a task says about its attempts; where it says nothing, its queue's settings hold.
 *
 * @param maxAttempts how many attempts may fail before it is given up, -1 for any number; null as the queue says
 * @param backoff how long it rests after a failed attempt; null as the queue says
 * @param attemptTimeout how long one attempt may take, however often its lease is renewed; null as long as it likes
 */
public record Retries(Integer maxAttempts, Backoff backoff, Duration attemptTimeout) {
    /** All as the queue says. */
    public static final Retries USUAL = new Retries(null, null, null);

    /** As {@code retry.lua} reads it, {@code type:delay:max:jitter}; null without one. */
    String backoffText() {
        return backoff == null
                ? null
                : String.format(
                        Locale.ROOT,
                        "%s:%d:%d:%.3f",
                        backoff.type().name().toLowerCase(Locale.ROOT),
                        backoff.delay().toMillis(),
                        backoff.max().toMillis(),
                        backoff.jitter());
    }

    static Backoff backoff(String text) {
        if (text == null) {
            return null;
        }
        String[] parts = text.split(":");
        return new Backoff(
                Backoff.Type.valueOf(parts[0].toUpperCase(Locale.ROOT)),
                Duration.ofMillis(Long.parseLong(parts[1])),
                Duration.ofMillis(Long.parseLong(parts[2])),
                Double.parseDouble(parts[3]));
    }
}
