package io.carillon.task;

import io.carillon.platform.concurrent.Coalescer;
import io.carillon.platform.database.CommitUnknown;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Reads single tasks. Offline ones that are asked for at the same time share a statement, in a few lines beside each other, so
 * that a large row does not hold up all. Safe for many threads.
 */
class TaskReads {
    private static final int LINES = 4;
    /** Taken for the size of a row with its data and result, so that few are read at once: a row may have much of both. */
    private static final int ROW_BYTES = 256 << 10;

    private final Window window;
    private final TaskTable table;
    private final Coalescer<Integer, TaskId, Outcome<Optional<Task>>> rows;

    TaskReads(Window window, TaskTable table, Executor executor) {
        this.window = window;
        this.table = table;
        this.rows = new Coalescer<>(
                executor, id -> ROW_BYTES, (line, ids) -> CompletableFuture.supplyAsync(() -> rows(ids), executor));
    }

    /** A task, as long as its record lives. */
    CompletionStage<Optional<Task>> find(TaskId id) {
        if (id.isOnline()) {
            return window.find(id);
        }
        return rows.ask(Math.floorMod(id.hashCode(), LINES), id)
                .thenApply(Outcome::orThrow)
                .thenCompose(row -> row.isEmpty() || row.get().state().isFinal()
                        ? CompletableFuture.completedStage(row)
                        : window.find(id).handle((running, failure) -> freshest(row.get(), running)));
    }

    /** A row that cannot be read fails alone. */
    private List<Outcome<Optional<Task>>> rows(List<TaskId> ids) {
        try {
            return table.find(ids).stream().map(Outcome::of).toList();
        } catch (RuntimeException failure) {
            if (failure instanceof CommitUnknown
                    || failure instanceof Refused refused && refused.reason() == Reason.UNAVAILABLE) {
                throw failure;
            }
            return ids.size() == 1
                    ? List.of(Outcome.failed(failure))
                    : ids.stream().flatMap(id -> rows(List.of(id)).stream()).toList();
        }
    }

    /** What Redis knows of leases is newer than the row; whether the task exists and has ended the row knows. */
    private static Optional<Task> freshest(Task row, Optional<Task> window) {
        if (window == null || window.isEmpty() || window.get().state().isFinal()) {
            return Optional.of(row);
        }
        return Optional.of(row.delivered(window.get()));
    }
}
