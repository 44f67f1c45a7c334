package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;

/** A request without a key that is good. A dialect may have words of its own for the two cases. */
public class Unauthenticated extends Refused {
    private final boolean keyGiven;

    private Unauthenticated(String message, boolean keyGiven) {
        super(Reason.UNAUTHENTICATED, message);
        this.keyGiven = keyGiven;
    }

    static Unauthenticated keyMissing() {
        return new Unauthenticated("No API key was given; send it in the header 'Authorization: Bearer <key>'", false);
    }

    static Unauthenticated malformed() {
        return new Unauthenticated(
                "The Authorization header must be the word 'Bearer', one space and the API key", false);
    }

    static Unauthenticated keyUnknown() {
        return new Unauthenticated("This API key is not known, has expired or was revoked", true);
    }

    /** Whether there was a key, and it is not known, revoked or expired; otherwise there was none. */
    public boolean keyGiven() {
        return keyGiven;
    }
}
