package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import java.util.List;

/** Everything that waits at a level of a queue, wherever it is. Blocks. Safe for many threads. */
class WaitingTasks {
    static final int AT_ONCE = 500;

    private static final long PATIENCE_SECONDS = 10;

    private final Window window;
    private final Contents contents;
    private final TaskTable table;
    private final Tasks tasks;

    WaitingTasks(Window window, Contents contents, TaskTable table, Tasks tasks) {
        this.window = window;
        this.contents = contents;
        this.table = table;
        this.tasks = tasks;
    }

    /**
     * Cancels what waits now at a level of a queue; what comes later stays, and what rests until it is due too.
     *
     * @return how many tasks ended by it
     */
    int clear(Queue queue, Level level, String why) {
        long now = Stages.await(window.accept(queue.number(), 1), PATIENCE_SECONDS);
        return level.isOnline() ? clearOnline(queue, level, now, why) : clearOffline(queue, level, now, why);
    }

    /** Those that run may still stand as waiting in MariaDB for a moment, so it goes on behind each page. */
    private int clearOffline(Queue queue, Level level, long until, String why) {
        int cancelled = 0;
        List<TaskTable.Accepted> page = table.waiting(queue.number(), level, 0, until, AT_ONCE);
        while (!page.isEmpty()) {
            cancelled += cancelWaiting(page.stream().map(TaskTable.Accepted::id).toList(), why);
            long last = page.get(page.size() - 1).accepted();
            page = table.waiting(queue.number(), level, last, until, AT_ONCE);
        }
        return cancelled;
    }

    private int clearOnline(Queue queue, Level level, long until, String why) {
        int cancelled = 0;
        for (List<TaskId> ids; !(ids = waitingOnline(queue, level, until)).isEmpty(); ) {
            int here = cancelWaiting(ids, why);
            if (here == 0) {
                break;
            }
            cancelled += here;
        }
        return cancelled;
    }

    private List<TaskId> waitingOnline(Queue queue, Level level, long until) {
        for (String group : Stages.await(contents.groups(queue.number(), level), PATIENCE_SECONDS)) {
            List<TaskId> ids =
                    Stages.await(contents.waiting(queue.number(), level, group, until, AT_ONCE), PATIENCE_SECONDS);
            if (!ids.isEmpty()) {
                return ids;
            }
        }
        return List.of();
    }

    private int cancelWaiting(List<TaskId> ids, String why) {
        return (int) Stages.await(tasks.cancel(ids, why, true), PATIENCE_SECONDS).stream()
                .filter(outcome -> outcome.orThrow() == Completion.ACCEPTED)
                .count();
    }
}
