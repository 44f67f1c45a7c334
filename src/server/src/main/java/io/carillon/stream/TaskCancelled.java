package io.carillon.stream;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.task.TaskId;
import java.util.Optional;

/** The task was cancelled while its caller waited: 408 with the error code {@code cancelled}. */
public final class TaskCancelled extends Refused {
    TaskCancelled(TaskId id) {
        super(Reason.TIMEOUT, "Task " + id + " was cancelled");
    }

    @Override
    public Optional<String> code() {
        return Optional.of("cancelled");
    }
}
