package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import java.time.Duration;

/**
 * A new callback secret.
 *
 * @param grace how long callbacks are signed with the secrets before it too
 */
record CallbackSecretRequest(Duration grace) {
    private static final Duration USUAL = Duration.ofDays(1);
    private static final int MOST_SECONDS = 30 * 24 * 3600;

    /**
     * Reads the body of a request, which may be left out.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}
     */
    static CallbackSecretRequest of(byte[] body, int depth) {
        Duration grace = USUAL;
        if (body.length > 0) {
            EnvelopeReader fields = EnvelopeReader.over(body, depth);
            while (fields.next()) {
                if (fields.name().equals("grace_seconds")) {
                    Integer seconds = fields.integer(0, MOST_SECONDS);
                    grace = seconds == null ? USUAL : Duration.ofSeconds(seconds);
                }
            }
        }
        return new CallbackSecretRequest(grace);
    }
}
