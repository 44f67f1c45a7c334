package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Optional;

/** The checks that every short text of a request goes through. */
final class Texts {
    private Texts() {}

    /** Refuses control characters and texts longer than {@code most} characters; blank counts as absent. */
    static Optional<String> optional(String name, String text, int most) {
        return text == null || text.isBlank() ? Optional.empty() : Optional.of(checked(name, text, most));
    }

    /** Refuses null, control characters and texts longer than {@code most} characters. */
    static String required(String name, String text, int most) {
        if (text == null) {
            throw new Refused(Reason.INVALID, name + " cannot be null", name);
        }
        return checked(name, text, most);
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
