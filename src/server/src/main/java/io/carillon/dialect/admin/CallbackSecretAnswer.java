package io.carillon.dialect.admin;

import io.carillon.callback.CallbackSecret;
import io.carillon.callback.CallbackSecrets;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A callback secret on the wire.
 *
 * @param secret the secret itself, only in the answer that makes it
 * @param createdAt ISO-8601 in UTC
 * @param expiresAt the same; left out when null: it signs until it is exchanged or deleted
 */
public record CallbackSecretAnswer(String id, String secret, String createdAt, String expiresAt) {
    private static final Pattern ID = Pattern.compile("cs_([1-9][0-9]{0,17})");

    static CallbackSecretAnswer of(CallbackSecret secret) {
        return of(secret, null);
    }

    static CallbackSecretAnswer of(CallbackSecrets.Issued issued) {
        return of(issued.secret(), issued.text());
    }

    private static CallbackSecretAnswer of(CallbackSecret secret, String text) {
        return new CallbackSecretAnswer(
                "cs_" + secret.number(),
                text,
                secret.created().toString(),
                secret.expires().map(Instant::toString).orElse(null));
    }

    /** @throws Refused ({@link Reason#UNKNOWN}) when it is no such id */
    static long number(String id) {
        Matcher matcher = ID.matcher(id);
        if (!matcher.matches()) {
            throw new Refused(Reason.UNKNOWN, "There is no such callback secret", "secret_id");
        }
        return Long.parseLong(matcher.group(1));
    }

    /** Without the secret: a log must not learn it. */
    @Override
    public String toString() {
        return "CallbackSecretAnswer[" + id + "]";
    }
}
