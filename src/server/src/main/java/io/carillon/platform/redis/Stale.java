package io.carillon.platform.redis;

/**
 * Redis has lost its memory of a queue, or got that of another time: nothing was done. The script said so with an error
 * that begins with {@code STALE}.
 */
public final class Stale extends RuntimeException {
    static final String WORD = "STALE";

    Stale(String message) {
        super(message, null, false, false);
    }
}
