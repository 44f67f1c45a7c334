package io.carillon.dialect.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.platform.json.RawJson;
import io.carillon.task.Attempt;
import io.carillon.task.ResponseMode;
import io.carillon.task.Specification;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;

/**
 * A task in the words of the Task API (contract 3.4); after {@code response_mode} what is ours. Absent fields are left
 * out. Instants are in ms since 1970, unset ones 0 where Bella-Queue has them always.
 *
 * @param status {@code waiting}, {@code queued} (a worker has or had it), or how it ended
 * @param state the same in Carillon's words
 * @param runningTime ms from acceptance to the end of a task that succeeded
 * @param attempt counts deliveries from 1; a worker may send it back with its result
 * @param runAt when it may be taken again, while it is scheduled
 */
record TaskAnswer(
        String ak,
        String endpoint,
        String queue,
        int level,
        RawJson data,
        @JsonProperty("task_id") String id,
        String status,
        RawJson result,
        String instanceId,
        String batchId,
        String traceId,
        String customId,
        long startTime,
        long runningTime,
        long expireTime,
        long completedTime,
        String callbackUrl,
        String responseMode,
        String state,
        Integer attempt,
        Integer failures,
        Integer lostLeases,
        String workerId,
        Long leaseExpiresAt,
        Long takenAt,
        Long runAt,
        String group,
        RawJson progress,
        String failedReason) {

    /**
     * What a worker gets.
     *
     * @param instance the one that answers: an online task that calls back has no other, and Bella-Queue names one of each
     *     online task
     */
    static TaskAnswer of(Attempt attempt, String instance) {
        TaskId id = attempt.id();
        Specification specification = attempt.specification();
        boolean offline = !id.isOnline();
        String delivered = attempt.number() == 1 ? "waiting" : "queued";
        return new TaskAnswer(
                specification.owner(),
                specification.endpoint(),
                specification.queue(),
                id.level().value(),
                attempt.data(),
                id.text(),
                offline ? delivered : null,
                null,
                id.isOnline() && !id.hasCaller() ? instance : attempt.instance(),
                present(specification.batchId(), offline),
                present(specification.traceId(), offline),
                specification.customId(),
                attempt.accepted() / 1000,
                0,
                attempt.expires(),
                0,
                present(specification.callbackUrl(), offline),
                mode(id, attempt.instance()),
                null,
                attempt.number(),
                attempt.failures(),
                attempt.lost(),
                null,
                attempt.deadline(),
                null,
                null,
                specification.group(),
                null,
                null);
    }

    /** What somebody gets who asks for the task. */
    static TaskAnswer of(Task task) {
        TaskId id = task.id();
        Specification specification = task.specification();
        boolean offline = !id.isOnline();
        return new TaskAnswer(
                specification.owner(),
                specification.endpoint(),
                specification.queue(),
                id.level().value(),
                task.data(),
                id.text(),
                status(task.state()),
                task.result(),
                task.instance(),
                present(specification.batchId(), offline),
                present(specification.traceId(), offline),
                specification.customId(),
                task.acceptedMillis(),
                task.state() == TaskState.SUCCEEDED ? task.ended() - task.acceptedMillis() : 0,
                task.expires(),
                task.ended(),
                present(specification.callbackUrl(), offline),
                mode(id, task.instance()),
                task.state().word(),
                task.attempt(),
                task.delivery().failures(),
                task.lost(),
                task.worker(),
                task.deadline() == 0 ? null : task.deadline(),
                task.started() == 0 ? null : task.started(),
                task.delivery().due() == 0 ? null : task.delivery().due(),
                specification.group(),
                task.progress(),
                task.error());
    }

    /** A task whose caller is gone, because it was given up and replayed, is one that nobody waits for. */
    private static String mode(TaskId id, String instance) {
        boolean left = id.isOnline() && id.hasCaller() && instance == null;
        return left ? ResponseMode.CALLBACK.word() : id.mode().word();
    }

    /** Bella-Queue has an empty text for what an offline task was not given, and nothing for an online one. */
    private static String present(String value, boolean offline) {
        return value == null && offline ? "" : value;
    }

    /** Bella-Queue's word; it has none for a task that runs or is due later. */
    static String status(TaskState state) {
        return switch (state) {
            case SCHEDULED, WAITING -> "waiting";
            case RUNNING -> "queued";
            case SUCCEEDED, FAILED, TIMEOUT, CANCELLED -> state.word();
        };
    }
}
