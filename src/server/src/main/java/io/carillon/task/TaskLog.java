package io.carillon.task;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * What happened to a task. It is put together of what is written down anyway: the task as it stands, and how those of its
 * attempts ended that did not end it. So it costs nothing until somebody reads it. Safe for many threads.
 */
public class TaskLog {
    private static final String GIVEN_UP = "Given up: ";

    /**
     * A change of state.
     *
     * @param time in ms
     * @param state what it became
     * @param attempt the latest attempt then; 0 before the first
     * @param worker who had it, or null when unknown or nobody
     * @param error why it failed, in words, or null
     * @param why {@code put}, {@code taken}, {@code ended}, {@code replayed}, or how the attempt ended: {@code lost}, {@code
     *     failed}, {@code overdue}, {@code released}
     */
    public record Entry(long time, TaskState state, int attempt, String worker, String error, String why) {}

    private final PastAttempts past;
    private final AttemptRecords records;
    private final Executor executor;

    TaskLog(PastAttempts past, AttemptRecords records, Executor executor) {
        this.past = past;
        this.records = records;
        this.executor = executor;
    }

    /** All that is known, in order. A task that rests after a failure may have done so for no time at all. */
    public CompletionStage<List<Entry>> of(Task task) {
        CompletionStage<List<EndedAttempt>> attempts = task.id().isOnline()
                ? past.of(task.id())
                : CompletableFuture.supplyAsync(() -> records.of(task), executor);
        return attempts.thenApply(ended -> compose(task, ended));
    }

    static List<Entry> compose(Task task, List<EndedAttempt> attempts) {
        List<Entry> log = new ArrayList<>();
        boolean delayed = task.state() == TaskState.SCHEDULED && task.attempt() == 0;
        TaskState first = delayed ? TaskState.SCHEDULED : TaskState.WAITING;
        log.add(new Entry(task.acceptedMillis(), first, 0, null, null, "put"));
        int begun = 0;
        for (int i = 0; i < attempts.size(); i++) {
            EndedAttempt attempt = attempts.get(i);
            EndedAttempt next = i + 1 < attempts.size() ? attempts.get(i + 1) : null;
            if (attempt.isReplay()) {
                TaskState end = i > 0 ? endedBy(attempts.get(i - 1)) : TaskState.TIMEOUT;
                log.add(new Entry(attempt.started(), end, attempt.attempt(), null, orNull(attempt.error()), "ended"));
                log.add(new Entry(attempt.ended(), TaskState.WAITING, attempt.attempt() + 1, null, null, "replayed"));
                continue;
            }
            begun = attempt.attempt();
            String worker = orNull(attempt.worker());
            if (attempt.started() > 0) {
                log.add(new Entry(attempt.started(), TaskState.RUNNING, begun, worker, null, "taken"));
            }
            boolean replayed = next != null && next.isReplay() && next.attempt() == begun;
            if (!replayed && !(next == null && endedTask(attempt, task))) {
                log.add(new Entry(
                        attempt.ended(), after(attempt), begun, worker, orNull(attempt.error()), attempt.outcome()));
            }
        }
        if (task.started() > 0 && task.attempt() > begun) {
            log.add(new Entry(task.started(), TaskState.RUNNING, task.attempt(), task.worker(), null, "taken"));
        }
        if (task.state().isFinal()) {
            log.add(new Entry(task.ended(), task.state(), task.attempt(), task.worker(), task.error(), "ended"));
        }
        return log;
    }

    /** The last attempt that a task may have ends the task as well. */
    private static boolean endedTask(EndedAttempt attempt, Task task) {
        if (attempt.attempt() != task.attempt() || task.error() == null) {
            return false;
        }
        return switch (task.state()) {
            case FAILED -> task.error().equals(attempt.error());
            case TIMEOUT -> task.error().startsWith(GIVEN_UP);
            default -> false;
        };
    }

    private static TaskState endedBy(EndedAttempt attempt) {
        return attempt.outcome().equals("failed") ? TaskState.FAILED : TaskState.TIMEOUT;
    }

    private static TaskState after(EndedAttempt attempt) {
        return switch (attempt.outcome()) {
            case "failed", "overdue" -> TaskState.SCHEDULED;
            default -> TaskState.WAITING;
        };
    }

    private static String orNull(String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}
