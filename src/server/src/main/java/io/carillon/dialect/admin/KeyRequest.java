package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.security.AllowedQueues;
import io.carillon.security.Role;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A new API key. An unknown field is refused, as with settings: a key whose quota has a wrong name would have none.
 *
 * @param name as given, or null
 * @param roles may be empty here
 * @param quotas what it says about them
 * @param expires null when the key does not expire
 */
record KeyRequest(String name, Set<Role> roles, AllowedQueues queues, QuotasRequest quotas, Instant expires) {
    private static final int MOST = 1000;
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,11}");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    /**
     * Reads the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @param now what {@code expires_in} counts from
     * @throws Refused {@link Reason#INVALID}
     */
    static KeyRequest of(byte[] body, int depth, Instant now) {
        String name = null;
        List<String> roles = null;
        List<String> queues = null;
        QuotasRequest quotas = QuotasRequest.NOTHING;
        Instant at = null;
        Instant in = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "name" -> name = fields.text();
                case "roles" -> roles = fields.texts(MOST);
                case "queues" -> queues = fields.texts(MOST);
                case "quotas" -> quotas = QuotasRequest.of(fields.object());
                case "expires_at" -> at = instant(fields.text());
                case "expires_in" -> in = after(now, fields.text());
                default -> throw Fields.unknown(fields, "property of a key");
            }
        }
        if (at != null && in != null) {
            throw invalid("Give either expires_at or expires_in, not both", "expires_in");
        }
        Set<Role> wanted = EnumSet.noneOf(Role.class);
        if (roles != null) {
            roles.stream().map(Role::of).forEach(wanted::add);
        }
        AllowedQueues allowed = queues == null ? AllowedQueues.ALL : new AllowedQueues(queues);
        return new KeyRequest(name, wanted, allowed, quotas, at == null ? in : at);
    }

    private static Instant instant(String text) {
        if (text == null) {
            return null;
        }
        try {
            return bounded(
                    SECONDS.matcher(text).matches()
                            ? Instant.ofEpochSecond(Long.parseLong(text))
                            : OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            throw invalid("expires_at is an instant like 2027-01-31T00:00:00Z, or seconds since 1970", "expires_at");
        }
    }

    private static Instant after(Instant now, String text) {
        if (text == null) {
            return null;
        }
        try {
            return bounded(now.plus(
                    SECONDS.matcher(text).matches() ? Duration.ofSeconds(Long.parseLong(text)) : Duration.parse(text)));
        } catch (DateTimeException | ArithmeticException e) {
            throw invalid("expires_in is a number of seconds from now, or a duration like P30D", "expires_in");
        }
    }

    private static Instant bounded(Instant instant) {
        if (instant.isAfter(LATEST)) {
            throw new DateTimeException("A key that lives this long needs no expiry");
        }
        return instant;
    }

    private static Refused invalid(String message, String parameter) {
        return new Refused(Reason.INVALID, message, parameter);
    }
}
