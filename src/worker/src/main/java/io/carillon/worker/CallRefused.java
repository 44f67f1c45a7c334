package io.carillon.worker;

import java.io.IOException;

/** The server answered, but not with success. */
public final class CallRefused extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    CallRefused(int status, String message) {
        super("HTTP " + status + ": " + message);
        this.status = status;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }
}
