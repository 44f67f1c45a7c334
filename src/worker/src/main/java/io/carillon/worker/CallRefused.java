package io.carillon.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The server answered, but not with success. */
public final class CallRefused extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int UNAUTHORIZED = 401;
    private static final int TIMEOUT = 408;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final int status;
    private final String retryAfter;

    CallRefused(int status, String message, String retryAfter) {
        super("HTTP " + status + ": " + message);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Whether the same call may well succeed a little later. */
    boolean isPassing() {
        return status == TIMEOUT || status == TOO_MANY || status >= SERVER_ERROR;
    }

    /** Whether it says nothing against what was said: when the server is well again, or the key known, the same call succeeds. */
    boolean isMendable() {
        return isPassing() || status == UNAUTHORIZED;
    }

    /**
     * How long the server asks to be left alone as {@link RetryAfter} reads it, but never more than a minute, for who
     * waits has leases and is to stop when told so, and the clocks of a proxy and of this machine may differ.
     */
    Optional<Duration> retryAfter() {
        return RetryAfter.read(retryAfter).map(length -> length.compareTo(LONGEST) > 0 ? LONGEST : length);
    }
}
