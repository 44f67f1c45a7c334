package io.carillon.callback;

import java.time.Duration;

/**
 * The limits of delivery on one instance.
 *
 * @param total callbacks under way at once
 * @param perHost callbacks under way at once to one host and port
 * @param bytes the sum of their bodies
 * @param batch callbacks claimed in one transaction
 * @param connectTimeout for a connection
 * @param responseTimeout for a receiver that says nothing
 * @param claim how long a claim holds: after that, another instance tries; an attempt that takes nine tenths of it is cut off
 * @param grace how long a stop waits for what is under way
 */
record CallbackSettings(
        int total,
        int perHost,
        long bytes,
        int batch,
        Duration connectTimeout,
        Duration responseTimeout,
        Duration claim,
        Duration grace) {

    static CallbackSettings of(Duration connectTimeout, Duration responseTimeout) {
        Duration both = connectTimeout.plus(responseTimeout).plusSeconds(20);
        Duration claim = both.compareTo(Duration.ofSeconds(60)) > 0 ? both : Duration.ofSeconds(60);
        return new CallbackSettings(
                256, 64, 64L << 20, 200, connectTimeout, responseTimeout, claim, Duration.ofSeconds(5));
    }

    /** The longest that one attempt may take, however slowly the receiver drips. */
    Duration longestAttempt() {
        return claim.multipliedBy(9).dividedBy(10);
    }
}
