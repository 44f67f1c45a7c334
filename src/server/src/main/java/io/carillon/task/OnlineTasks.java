package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lists the online tasks of a queue that can still be read. Looks at a bounded number of them, newest first. */
class OnlineTasks {
    private static final int STEP = 50;
    private static final int MOST_LOOKED_AT = 5_000;
    private static final long PATIENCE_SECONDS = 10;

    private final Window window;
    private final Contents contents;

    OnlineTasks(Window window, Contents contents) {
        this.window = window;
        this.contents = contents;
    }

    List<Task> list(int queue, TaskFilter filter) {
        List<Task> page = new ArrayList<>();
        long latest = filter.after()
                .map(Task::accepted)
                .orElse(filter.to().map(to -> to.toEpochMilli() * 1000 - 1).orElse(Long.MAX_VALUE));
        for (int looked = 0; looked < MOST_LOOKED_AT && page.size() < filter.limit(); looked += STEP) {
            List<TaskId> ids = Stages.await(contents.online(queue, latest, STEP), PATIENCE_SECONDS);
            List<Optional<Task>> found =
                    Stages.await(Stages.all(ids.stream().map(window::find).toList()), PATIENCE_SECONDS);
            for (Optional<Task> task : found) {
                task.filter(filter::matches).map(Task::withoutPayloads).ifPresent(page::add);
            }
            if (ids.size() < STEP) {
                break;
            }
            Optional<Task> last = found.get(found.size() - 1);
            if (last.isEmpty()) {
                break;
            }
            latest = last.get().accepted() - 1;
        }
        return page.size() > filter.limit() ? page.subList(0, filter.limit()) : page;
    }
}
