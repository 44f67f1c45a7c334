package io.carillon.callback;

import java.time.Duration;

/**
 * What came of one attempt to deliver a callback.
 *
 * @param status the receiver's HTTP status, or 0 when none came
 * @param retryAfter how long the receiver asks us to wait, or null
 * @param head the first bytes of the receiver's answer
 * @param error why no status came, or null
 * @param hopeless whether it failed for a reason that time hardly mends, such as a forbidden address
 */
record Answer(int status, Duration retryAfter, byte[] head, String error, boolean hopeless) {
    private static final byte[] NOTHING = {};

    static Answer of(int status, Duration retryAfter, byte[] head) {
        return new Answer(status, retryAfter, head, null, false);
    }

    /** No answer came, or it broke off; perhaps the next attempt fares better. */
    static Answer none(String error) {
        return new Answer(0, null, NOTHING, error, false);
    }

    /** It was not even sent, and hardly will be. */
    static Answer hopeless(String error) {
        return new Answer(0, null, NOTHING, error, true);
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    /** Whether the receiver does not answer, or says that it cannot now: it may later. */
    boolean isUnwell() {
        return status == 0 ? !hopeless : status == 408 || status == 429 || status >= 500;
    }

    @Override
    public String toString() {
        return error == null ? "HTTP " + status : error;
    }
}
