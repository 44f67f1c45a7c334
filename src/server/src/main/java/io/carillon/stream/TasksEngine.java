package io.carillon.stream;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.task.Completion;
import io.carillon.task.NewTask;
import io.carillon.task.ResultFields;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * The engine as it is.
 *
 * @param finishes whether a task that runs goes on when its caller hangs up, as its queue says
 */
record TasksEngine(Tasks tasks, Predicate<TaskId> finishes) implements Engine {
    private static final ResultFields UNREADABLE =
            new ResultFields(ResultFields.UNREADABLE_STATUS, Optional.empty(), Optional.empty());

    @Override
    public CompletionStage<Void> put(NewTask task) {
        return tasks.put(task);
    }

    @Override
    public CompletionStage<Completion> complete(TaskId id, OptionalInt attempt, RawJson result) {
        return tasks.complete(id, attempt, result, fields(result));
    }

    /** Over the bus nobody can be told that a result is wrong, so it ends the task all the same. */
    private static ResultFields fields(RawJson result) {
        try {
            return ResultFields.ofAny(result);
        } catch (Refused broken) {
            return UNREADABLE;
        }
    }

    @Override
    public CompletionStage<Boolean> cancel(TaskId id, String why) {
        return tasks.cancel(id, why, false);
    }

    @Override
    public CompletionStage<Boolean> abandon(TaskId id, String why) {
        return tasks.cancel(id, why, finishes.test(id));
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
