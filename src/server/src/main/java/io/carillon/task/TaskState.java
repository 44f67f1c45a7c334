package io.carillon.task;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Where a task is in its life. {@link #mayBecome} is the one table of legal changes, which the scripts and {@link TaskTable}
 * carry out; a dead letter that somebody replays begins a new life.
 */
public enum TaskState {
    /** Due later: a delay or a backoff. */
    SCHEDULED,
    /** Can be taken. */
    WAITING,
    /** A worker has it, until its lease ends. */
    RUNNING,
    SUCCEEDED,
    FAILED,
    TIMEOUT,
    CANCELLED;

    private static final Set<TaskState> ENDS = EnumSet.of(SUCCEEDED, FAILED, TIMEOUT, CANCELLED);

    /** Whether nothing follows. */
    public boolean isFinal() {
        return ENDS.contains(this);
    }

    /** Whether a task in this state may go on to the other. */
    public boolean mayBecome(TaskState next) {
        return switch (this) {
            case SCHEDULED -> next == WAITING || ENDS.contains(next);
            // A completion is accepted although nobody took the task: the first one wins.
            case WAITING -> next == RUNNING || ENDS.contains(next);
            case RUNNING -> next == WAITING || next == SCHEDULED || ENDS.contains(next);
            case SUCCEEDED, FAILED, TIMEOUT, CANCELLED -> false;
        };
    }

    /** The name in Redis, MariaDB and the Task API. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static TaskState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
