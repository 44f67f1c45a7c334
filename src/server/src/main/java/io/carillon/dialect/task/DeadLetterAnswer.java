package io.carillon.dialect.task;

import io.carillon.platform.json.RawJson;
import io.carillon.task.DeadLetters;
import io.carillon.task.EndedAttempt;
import io.carillon.task.Specification;
import io.carillon.task.Task;
import java.util.List;

/**
 * A task that was given up. Instants are in ms since 1970; absent fields are left out.
 *
 * @param ak the public id of the key that put it
 * @param state how it ended: {@code failed} or {@code timeout}
 * @param data null in a list
 * @param result what its callback was told; null in a list
 * @param attempts null in a list
 */
record DeadLetterAnswer(
        String taskId,
        String queue,
        int level,
        String ak,
        String endpoint,
        String state,
        String error,
        long diedAt,
        int attempt,
        int failures,
        int lostLeases,
        String group,
        String batchId,
        String customId,
        String traceId,
        String callbackUrl,
        long startTime,
        RawJson data,
        RawJson result,
        List<AttemptAnswer> attempts) {

    /**
     * How an attempt ended.
     *
     * @param startedAt null when unknown
     * @param outcome {@code lost}, {@code failed}, {@code overdue}, {@code released} or {@code replayed}
     */
    record AttemptAnswer(int attempt, String workerId, Long startedAt, long endedAt, String outcome, String error) {
        static AttemptAnswer of(EndedAttempt attempt) {
            return new AttemptAnswer(
                    attempt.attempt(),
                    orNull(attempt.worker()),
                    attempt.started() == 0 ? null : attempt.started(),
                    attempt.ended(),
                    attempt.outcome(),
                    orNull(attempt.error()));
        }

        private static String orNull(String text) {
            return text == null || text.isEmpty() ? null : text;
        }
    }

    static DeadLetterAnswer listed(DeadLetters.Entry entry) {
        return of(entry, null);
    }

    static DeadLetterAnswer whole(DeadLetters.Entry entry) {
        return of(entry, entry.attempts().stream().map(AttemptAnswer::of).toList());
    }

    private static DeadLetterAnswer of(DeadLetters.Entry entry, List<AttemptAnswer> attempts) {
        Task task = entry.task();
        Specification specification = task.specification();
        return new DeadLetterAnswer(
                task.id().text(),
                specification.queue(),
                task.id().level().value(),
                specification.owner(),
                specification.endpoint(),
                task.state().word(),
                entry.letter().error(),
                entry.letter().died(),
                task.attempt(),
                task.delivery().failures(),
                task.lost(),
                specification.group(),
                specification.batchId(),
                specification.customId(),
                specification.traceId(),
                specification.callbackUrl(),
                task.acceptedMillis(),
                task.data(),
                task.result(),
                attempts);
    }
}
