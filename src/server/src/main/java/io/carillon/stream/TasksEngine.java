package io.carillon.stream;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.task.Completion;
import io.carillon.task.NewTask;
import io.carillon.task.ResultFields;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import io.carillon.task.Tasks;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

/**
 * The engine as it is.
 *
 * @param strict whether a result with a status code other than 2xx ends a task as failed
 */
record TasksEngine(Tasks tasks, boolean strict) implements Engine {
    @Override
    public CompletionStage<Void> put(NewTask task) {
        return tasks.put(task);
    }

    @Override
    public CompletionStage<Completion> complete(TaskId id, OptionalInt attempt, RawJson result) {
        return tasks.complete(
                id, attempt, strict && !isSuccess(result) ? TaskState.FAILED : TaskState.SUCCEEDED, result);
    }

    private static boolean isSuccess(RawJson result) {
        try {
            return ResultFields.of(result).isSuccess();
        } catch (Refused broken) {
            return false;
        }
    }

    @Override
    public CompletionStage<Boolean> cancel(TaskId id, String why) {
        return tasks.cancel(id, why, false);
    }

    @Override
    public CompletionStage<Boolean> timeOut(TaskId id, String why) {
        return tasks.timeOut(id, why);
    }

    @Override
    public CompletionStage<Optional<Task>> find(TaskId id) {
        return tasks.find(id);
    }

    @Override
    public CompletionStage<Completion> progress(TaskId id, OptionalInt attempt, RawJson progress) {
        return tasks.progress(id, attempt, progress);
    }
}
