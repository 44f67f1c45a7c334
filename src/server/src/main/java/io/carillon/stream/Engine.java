package io.carillon.stream;

import io.carillon.platform.json.RawJson;
import io.carillon.task.Completion;
import io.carillon.task.NewTask;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

/** What callers and watchers need of the engine; see {@link io.carillon.task.Tasks}, which is it. */
interface Engine {
    CompletionStage<Void> put(NewTask task);

    CompletionStage<Completion> complete(TaskId id, OptionalInt attempt, RawJson result);

    CompletionStage<Boolean> cancel(TaskId id, String why);

    /** Cancels a task whose caller hung up, unless it runs already and its queue lets such tasks finish. */
    CompletionStage<Boolean> abandon(TaskId id, String why);

    CompletionStage<Boolean> timeOut(TaskId id, String why);

    CompletionStage<Optional<Task>> find(TaskId id);

    CompletionStage<Completion> progress(TaskId id, OptionalInt attempt, RawJson progress);
}
