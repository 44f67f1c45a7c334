package io.carillon.callback;

import java.time.Duration;
import java.util.List;

/**
 * A callback that this instance has claimed, for one attempt.
 *
 * @param attempt number of this attempt, from 1
 * @param attemptOfRound the same, counted from the last replay
 * @param left how long the callback may still be tried
 * @param secrets what it is signed with; none leaves it unsigned
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
        List<byte[]> secrets,
        byte[] body) {
    /** The same for its outcome, which may wait for the database; nobody sends it any more. */
    Delivery withoutBody() {
        return new Delivery(id, taskId, url, host, traceId, attempt, attemptOfRound, left, List.of(), new byte[0]);
    }

    /** Neither url nor body nor secrets: they must not reach a log. */
    @Override
    public String toString() {
        return "Delivery[" + taskId + ", attempt " + attempt + "]";
    }
}
