package io.carillon.task;

import io.carillon.platform.json.RawJson;

/**
 * A task reached its final state, here and now: fired once on the instance that brought it about.
 *
 * @param specification null when the task's home no longer had it
 * @param result the whole completion, or null
 * @param waited how long it waited for its last attempt, in ms; -1 when nobody took it
 * @param ran how long its last attempt ran, in ms; -1 when nobody took it
 * @param instance the instance that holds the caller, or null
 */
public record TaskEnded(
        TaskId id, String queue, TaskState state, RawJson result, long waited, long ran, String instance) {}
