package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** The checks that every short text of a request goes through. */
final class Texts {
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private Texts() {}

    /** Refuses control characters and texts longer than {@code most} characters; blank counts as absent. */
    static Optional<String> optional(String name, String text, int most) {
        return text == null || text.isBlank() ? Optional.empty() : Optional.of(checked(name, text, most));
    }

    /** Like {@link #optional}, for what is kept in ASCII and cannot be compared with anything else. */
    static Optional<String> ascii(String name, String text, int most) {
        Optional<String> checked = optional(name, text, most);
        if (checked.filter(value -> value.chars().anyMatch(c -> c > '~')).isPresent()) {
            throw new Refused(Reason.INVALID, name + " has ASCII characters only", name);
        }
        return checked;
    }

    /** Refuses null, control characters and texts longer than {@code most} characters. */
    static String required(String name, String text, int most) {
        if (text == null) {
            throw new Refused(Reason.INVALID, name + " cannot be null", name);
        }
        return checked(name, text, most);
    }

    /**
     * An instant; blank counts as absent.
     *
     * @param text ISO-8601 such as {@code 2026-11-22T09:30:00Z}, or ms since 1970; not after the year 9999
     */
    static Optional<Instant> instant(String name, String text) {
        if (text == null || text.isBlank()) {
            return Optional.empty();
        }
        try {
            Instant instant = text.chars().allMatch(c -> c >= '0' && c <= '9')
                    ? Instant.ofEpochMilli(Long.parseLong(text))
                    : DateTimeFormatter.ISO_DATE_TIME.parse(text, Instant::from);
            if (!instant.isBefore(Instant.EPOCH) && instant.isBefore(LATEST)) {
                return Optional.of(instant);
            }
        } catch (DateTimeException | NumberFormatException wrong) {
            // Said below.
        }
        throw new Refused(
                Reason.INVALID, name + " must be like 2026-11-22T09:30:00Z, or milliseconds since 1970", name);
    }

    /** How many of a list a client wants: from 1 to {@code most}; {@code usual} when it does not say. */
    static int limit(String text, int usual, int most) {
        if (text == null || text.isBlank()) {
            return usual;
        }
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= most) {
                return limit;
            }
        } catch (NumberFormatException wrong) {
            // Said below.
        }
        throw new Refused(Reason.INVALID, "limit must be a whole number from 1 to " + most, "limit");
    }

    /** The first {@code most} characters, of which none is cut in halves. */
    static String shortened(String text, int most) {
        return text.codePointCount(0, text.length()) <= most
                ? text
                : text.substring(0, text.offsetByCodePoints(0, most));
    }

    private static String checked(String name, String text, int most) {
        if (text.codePointCount(0, text.length()) > most) {
            throw new Refused(Reason.INVALID, name + " may have at most " + most + " characters", name);
        }
        if (text.codePoints().anyMatch(Character::isISOControl)) {
            throw new Refused(Reason.INVALID, name + " may not have control characters", name);
        }
        return text;
    }
}
