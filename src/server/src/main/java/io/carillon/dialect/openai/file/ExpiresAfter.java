package io.carillon.dialect.openai.file;

import io.carillon.dialect.openai.BodyFields;
import io.carillon.dialect.openai.Invalid;
import io.carillon.file.Purpose;
import io.carillon.platform.error.Refused;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** How long a client wants a file to be kept: {@code expires_after}, in a form or in JSON. */
final class ExpiresAfter {
    private static final String ANCHOR = "expires_after.anchor";
    private static final String SECONDS = "expires_after.seconds";
    private static final long LEAST = 3600;
    private static final long MOST = 2_592_000;
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,18}");

    private ExpiresAfter() {}

    /**
     * Of a form.
     *
     * @param anchor null when it was not sent
     * @param seconds null when it was not sent
     * @return the life of the file; what is usual for its purpose when nothing was sent
     * @throws Refused 400
     */
    static Optional<Duration> of(String anchor, String seconds, Purpose purpose) {
        if (anchor == null && seconds == null) {
            return purpose.usualLife();
        }
        if (anchor == null) {
            throw Invalid.missing(ANCHOR);
        }
        if (seconds == null) {
            throw Invalid.missing(SECONDS);
        }
        requireAnchor(anchor);
        if (!INTEGER.matcher(seconds.strip()).matches()) {
            throw Invalid.type(SECONDS, "an integer", "a string");
        }
        long life = Long.parseLong(seconds.strip());
        if (life < LEAST) {
            throw Invalid.below(SECONDS, LEAST, seconds.strip());
        }
        if (life > MOST) {
            throw Invalid.above(SECONDS, MOST, seconds.strip());
        }
        return Optional.of(Duration.ofSeconds(life));
    }

    /** Of a JSON body. */
    static Optional<Duration> of(BodyFields body, Purpose purpose) {
        Optional<BodyFields> fields = body.object("expires_after");
        if (fields.isEmpty()) {
            return purpose.usualLife();
        }
        requireAnchor(fields.get().text("anchor"));
        return Optional.of(Duration.ofSeconds(fields.get().integer("seconds", LEAST, MOST)));
    }

    private static void requireAnchor(String anchor) {
        if (!anchor.equals("created_at")) {
            throw Invalid.value(ANCHOR, anchor, "created_at");
        }
    }
}
