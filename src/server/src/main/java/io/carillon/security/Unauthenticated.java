package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Optional;

/** A request without a key that is good. A dialect may have words of its own for the two cases. */
public class Unauthenticated extends Refused {
    private static final int SHOWN_FIRST = 5;
    private static final int SHOWN_LAST = 2;
    private static final int LONG_ENOUGH = 12;

    private final String maskedKey;

    private Unauthenticated(String message, String maskedKey) {
        super(Reason.UNAUTHENTICATED, message);
        this.maskedKey = maskedKey;
    }

    static Unauthenticated keyMissing() {
        return new Unauthenticated("No API key was given; send it in the header 'Authorization: Bearer <key>'", null);
    }

    static Unauthenticated malformed() {
        return new Unauthenticated(
                "The Authorization header must be the word 'Bearer', one space and the API key", null);
    }

    static Unauthenticated keyUnknown(String key) {
        return new Unauthenticated("This API key is not known, has expired or was revoked", masked(key));
    }

    /** Enough to know one's own key by, and printable whatever was sent. */
    private static String masked(String key) {
        if (key.length() < LONG_ENOUGH || !key.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            return "***";
        }
        return key.substring(0, SHOWN_FIRST) + "***" + key.substring(key.length() - SHOWN_LAST);
    }

    /** The key that is not known, revoked or expired, with most of it hidden; empty when there was none. */
    public Optional<String> maskedKey() {
        return Optional.ofNullable(maskedKey);
    }
}
