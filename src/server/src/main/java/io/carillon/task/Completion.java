package io.carillon.task;

/** What came of a result (or another end, or progress) that was handed in for a task. */
public enum Completion {
    /** It counts. */
    ACCEPTED,
    /** It was handed in before, just so; nothing happened again. */
    SAME,
    /** The task has ended otherwise. */
    REFUSED,
    /** The task went on to a newer attempt. */
    OLDER_ATTEMPT,
    /** There is no such task, or it is gone. */
    UNKNOWN
}
