package io.carillon.callback;

import java.time.Duration;

/**
 * An attempt that is over and what becomes of the callback.
 *
 * @param next what the callback is now
 * @param delay when it is due again, if it is
 * @param took how long the attempt took
 */
record Ended(Delivery delivery, Answer answer, Next next, Duration delay, Duration took) {
    enum Next {
        DELIVERED,
        RETRY,
        FAILED,
        /** Not this instance's any more; as if it had never been claimed. */
        RELEASED
    }
}
