package io.carillon.callback;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Locale;

/** How a callback stands. */
public enum CallbackState {
    /** Being sent, or due again later. */
    PENDING,
    /** A receiver answered with 2xx. */
    DELIVERED,
    /** Given up; a person may replay it. */
    FAILED;

    /** The word on the wire and in the table. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws Refused ({@link Reason#INVALID}) when there is no such state */
    public static CallbackState of(String word) {
        for (CallbackState state : values()) {
            if (state.word().equals(word)) {
                return state;
            }
        }
        throw new Refused(Reason.INVALID, "state is one of pending, delivered and failed", "state");
    }
}
