package io.carillon.platform.error;

import java.time.Duration;
import java.util.Optional;

/**
 * A request that was refused, with words for the caller: what was wrong, with what, and what to do. Nothing was changed.
 *
 * <p>Parts of the domain extend it with names of their own. It carries no stack trace: it is an answer, not a failure.
 */
public class Refused extends RuntimeException {
    private final Reason reason;
    private final String parameter;
    private final Duration retryAfter;
    private final String code;

    public Refused(Reason reason, String message) {
        this(reason, message, null, null);
    }

    /** @param parameter the field or path that was wrong, or null */
    public Refused(Reason reason, String message, String parameter) {
        this(reason, message, parameter, null);
    }

    /** @param retryAfter when it is worth trying again, or null when it is not known */
    public Refused(Reason reason, String message, String parameter, Duration retryAfter) {
        this(reason, message, parameter, retryAfter, null);
    }

    /** @param code see {@link #code()}, or null */
    public Refused(Reason reason, String message, String parameter, Duration retryAfter, String code) {
        super(message, null, false, false);
        this.reason = reason;
        this.parameter = parameter;
        this.retryAfter = retryAfter;
        this.code = code;
    }

    public Reason reason() {
        return reason;
    }

    /** A word for programs that says more than the reason; most refusals need none. */
    public Optional<String> code() {
        return Optional.ofNullable(code);
    }

    public Optional<String> parameter() {
        return Optional.ofNullable(parameter);
    }

    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
