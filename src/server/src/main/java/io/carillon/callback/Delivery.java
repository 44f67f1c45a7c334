package io.carillon.callback;

import java.time.Duration;

/**
 * A callback that this instance has claimed, for one attempt.
 *
 * @param attempt number of this attempt, from 1
 * @param attemptOfRound the same, counted from the last replay
 * @param left how long the callback may still be tried
 */
record Delivery(
        long id,
        String taskId,
        String url,
        String host,
        String traceId,
        int attempt,
        int attemptOfRound,
        Duration left,
        byte[] body) {}
