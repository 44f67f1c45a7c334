package io.carillon.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The server answered, but not with success. */
public final class CallRefused extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int TIMEOUT = 408;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;

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

    /** How long the server asks to be left alone. */
    Optional<Duration> retryAfter() {
        try {
            return Optional.ofNullable(retryAfter)
                    .map(seconds -> Duration.ofSeconds(Math.max(0, Long.parseLong(seconds.strip()))));
        } catch (NumberFormatException aDate) {
            return Optional.empty();
        }
    }
}
