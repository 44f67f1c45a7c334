package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.Backoff;
import java.time.Duration;
import java.util.Optional;

/**
 * Hands a task back, as failed or unharmed.
 *
 * @param delay how long it rests; empty for its backoff
 * @param reason what went wrong, cut off after 1,000 characters
 * @param attempt which delivery is handed back; empty from a worker that does not count
 */
record HandBackRequest(Optional<Duration> delay, Optional<String> reason, Optional<Integer> attempt) {
    private static final int MOST_REASON = 1000;

    /**
     * Reads and checks the body of a request, which may be left out.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}, naming the culprit
     */
    static HandBackRequest of(byte[] body, int depth) {
        Long delay = null;
        String reason = null;
        Integer attempt = null;
        if (body.length > 0) {
            EnvelopeReader fields = EnvelopeReader.over(body, depth);
            while (fields.next()) {
                switch (fields.name()) {
                    case "delay_ms" -> delay = fields.number(0, Backoff.LONGEST_MAX.toMillis());
                    case "reason" -> reason = fields.text();
                    case "attempt" -> attempt = fields.integer(1, Integer.MAX_VALUE);
                    default -> {}
                }
            }
        }
        return new HandBackRequest(
                Optional.ofNullable(delay).map(Duration::ofMillis),
                Optional.ofNullable(reason)
                        .filter(text -> !text.isBlank())
                        .map(text -> Texts.shortened(text, MOST_REASON)),
                Optional.ofNullable(attempt));
    }
}
