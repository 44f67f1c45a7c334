package io.carillon.dialect.task;

import io.carillon.callback.Callback;
import io.carillon.callback.CallbackAttempt;
import io.carillon.queue.Queues;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * A callback in the words of the Task API. Instants are in ms since 1970, absent ones are left out.
 *
 * @param ak the public id of the key that put the task
 * @param queue the name; left out when it is unknown
 * @param state {@code pending}, {@code delivered} or {@code failed}
 * @param attemptCount how many attempts have begun
 * @param nextAttemptAt when the next one is due, unless one is under way
 * @param retryUntil when it is given up at the latest
 * @param size of the body in bytes
 * @param attempts the delivery log; only where one callback is asked for
 */
record CallbackAnswer(
        String taskId,
        String ak,
        String queue,
        String url,
        String traceId,
        String state,
        int attemptCount,
        long createdAt,
        Long nextAttemptAt,
        long retryUntil,
        Long deliveredAt,
        Integer lastStatus,
        String lastError,
        int size,
        List<AttemptAnswer> attempts) {

    /**
     * One attempt.
     *
     * @param at when it ended
     * @param status the receiver's, left out when none came; then {@code error} says why
     * @param answer the first part of the receiver's answer, as UTF-8
     */
    record AttemptAnswer(int attempt, long at, long durationMs, Integer status, String error, String answer) {
        static AttemptAnswer of(CallbackAttempt attempt) {
            return new AttemptAnswer(
                    attempt.number(),
                    attempt.ended().toEpochMilli(),
                    attempt.took().toMillis(),
                    attempt.status(),
                    attempt.error(),
                    attempt.answer().length == 0 ? null : new String(attempt.answer(), StandardCharsets.UTF_8));
        }
    }

    /** One of many, without its attempts. */
    static CallbackAnswer of(Callback callback, Queues queues) {
        return answer(callback, queues, null);
    }

    static CallbackAnswer of(Callback callback, List<CallbackAttempt> attempts, Queues queues) {
        return answer(callback, queues, attempts.stream().map(AttemptAnswer::of).toList());
    }

    private static CallbackAnswer answer(Callback callback, Queues queues, List<AttemptAnswer> attempts) {
        return new CallbackAnswer(
                callback.taskId(),
                callback.owner(),
                callback.queue() == 0
                        ? null
                        : queues.find(callback.queue())
                                .map(queue -> queue.name().text())
                                .orElse(null),
                callback.url(),
                callback.traceId(),
                callback.state().word(),
                callback.attempts(),
                callback.created().toEpochMilli(),
                callback.next().map(Instant::toEpochMilli).orElse(null),
                callback.retryUntil().toEpochMilli(),
                callback.delivered().map(Instant::toEpochMilli).orElse(null),
                callback.lastStatus(),
                callback.lastError(),
                callback.size(),
                attempts);
    }
}
