package io.carillon.stream;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.task.TaskId;
import java.util.Optional;

/** The task was cancelled while its caller waited, or for its caller had hung up: 408 with the code {@code cancelled}. */
public final class TaskCancelled extends Refused {
    TaskCancelled(TaskId id) {
        this("Task " + id + " was cancelled");
    }

    private TaskCancelled(String why) {
        super(Reason.TIMEOUT, why);
    }

    /** Whoever says that nothing more will come from him, and still listens. What becomes of the task his queue says. */
    static TaskCancelled byHangingUp(TaskId id) {
        return new TaskCancelled("The caller of task " + id + " hung up");
    }

    @Override
    public Optional<String> code() {
        return Optional.of("cancelled");
    }
}
