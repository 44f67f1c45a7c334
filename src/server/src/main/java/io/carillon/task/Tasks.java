package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.callback.OwedCallback;
import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts tasks, ends them and tells how they stand.
 *
 * <p>Redis decides about online tasks, MariaDB about offline ones. An offline task is committed before it enters the
 * window, and its end is committed, together with the callback that it owes, before it leaves it: what a crash leaves
 * between the two steps, the {@link Reaper} mends. So a failure of the second step is no failure for the caller. An online
 * task that owes a callback is kept on the queue's list of owed ones by the script that ends it, until the callback is in
 * MariaDB; one that is given up, until it is there as a dead letter ({@link OnlineDeaths}).
 *
 * <p>All is asynchronous: a stage may complete on a thread of Redis or of the database committer, so whoever goes on with
 * slow work must change threads. Stages fail with {@link Refused}. Safe for many threads.
 */
public class Tasks {
    private static final Logger LOG = LoggerFactory.getLogger(Tasks.class);
    private static final long PATIENCE_SECONDS = 10;
    private static final int TIMEOUT_STATUS = 408;
    private static final int CLEAR_AT_ONCE = 500;

    /**
     * The engine's settings.
     *
     * @param onlineCapacity how many online tasks of a queue may wait
     * @param onlineRetention how long an ended online task can be read
     * @param strictStatus whether a result that is no success ends its task as failed; Bella-Queue's always succeed
     */
    record Rules(int onlineCapacity, Duration onlineRetention, boolean strictStatus) {}

    /** A task on its way into MariaDB; its place is allotted once, however often the commit is tried. */
    private static final class Put {
        final NewTask task;
        StoredTask stored;

        Put(NewTask task) {
            this.task = task;
        }
    }

    /** What came of a put: it is on disk and on its way into Redis, or it was refused before it was written. */
    private record Committed(CompletionStage<Long> added, RuntimeException refused) {}

    private final Window window;
    private final Contents contents;
    private final TaskTable table;
    private final TaskIds ids;
    private final Rules rules;
    private final Consumer<TaskEnded> ended;
    private final OnlineDeaths deaths;
    private final Callbacks callbacks;
    private final Executor executor;
    private final GroupCommit<Put, Committed> puts;
    private final GroupCommit<TaskTable.End, TaskTable.Ending> ends;
    private final GroupCommit<OwedCallback, Boolean> debts;

    Tasks(
            Window window,
            Contents contents,
            TaskTable table,
            TaskIds ids,
            Rules rules,
            Callbacks callbacks,
            OnlineDeaths deaths,
            Consumer<TaskEnded> ended,
            Executor executor) {
        this.window = window;
        this.contents = contents;
        this.table = table;
        this.ids = ids;
        this.rules = rules;
        this.ended = ended;
        this.callbacks = callbacks;
        this.deaths = deaths;
        this.executor = executor;
        this.puts = new GroupCommit<>(executor, put -> put.task.size(), this::commitPuts);
        this.ends = new GroupCommit<>(executor, TaskTable.End::size, table::end);
        this.debts = new GroupCommit<>(executor, owed -> owed.body().length, this::commitDebts);
    }

    public TaskId newId(Queue queue, Level level, ResponseMode mode) {
        return ids.next(queue.number(), level, mode);
    }

    /**
     * Puts a task. An offline one is on disk when the stage completes.
     *
     * <p>Fails with {@link Reason#FULL} when too many online tasks wait, and {@link Reason#UNAVAILABLE}.
     */
    public CompletionStage<Void> put(NewTask task) {
        if (task.id().isOnline()) {
            return window.put(task, rules.onlineCapacity()).thenAccept(put -> {
                put.orElseThrow(() -> full(task));
                window.counted().put(task.id());
            });
        }
        return puts.write(new Put(task)).thenCompose(committed -> {
            if (committed.refused() != null) {
                return CompletableFuture.failedStage(committed.refused());
            }
            return committed.added().handle((n, failure) -> {
                window.counted().put(task.id());
                if (failure != null) {
                    LOG.warn("Task {} is on disk but not in Redis yet: {}", task.id(), failure.getMessage());
                }
                return null;
            });
        });
    }

    private Refused full(NewTask task) {
        return new Refused(
                Reason.FULL,
                "Queue full: " + rules.onlineCapacity() + " online tasks wait in queue "
                        + task.specification().queue() + "; try again later",
                "queue",
                Duration.ofSeconds(1));
    }

    /** A queue whose part of Redis does not answer must not fail the puts of others. */
    private List<Committed> commitPuts(List<Put> group) {
        Map<Integer, List<Put>> byQueue = new HashMap<>();
        group.forEach(put -> byQueue.computeIfAbsent(put.task.id().queue(), queue -> new ArrayList<>())
                .add(put));
        Map<Integer, Committed> answers = new HashMap<>();
        byQueue.forEach((queue, ofQueue) -> {
            try {
                allotPlaces(queue, ofQueue);
            } catch (RuntimeException refused) {
                answers.put(queue, new Committed(null, refused));
            }
        });
        byQueue.keySet().removeAll(answers.keySet());
        List<StoredTask> rows = byQueue.values().stream()
                .flatMap(List::stream)
                .map(put -> put.stored)
                .toList();
        if (!rows.isEmpty()) {
            table.insert(rows);
        }
        byQueue.forEach((queue, ofQueue) -> answers.put(
                queue,
                new Committed(
                        window.add(
                                queue, ofQueue.stream().map(put -> put.stored).toList(), Window.Adding.NEW),
                        null)));
        return group.stream().map(put -> answers.get(put.task.id().queue())).toList();
    }

    private void allotPlaces(int queue, List<Put> group) {
        List<Put> without = group.stream().filter(put -> put.stored == null).toList();
        if (without.isEmpty()) {
            return;
        }
        long first = Stages.await(window.accept(queue, without.size()), PATIENCE_SECONDS);
        for (int i = 0; i < without.size(); i++) {
            NewTask task = without.get(i).task;
            long accepted = first + i;
            long expires = accepted / 1000 + task.life().toMillis();
            without.get(i).stored = new StoredTask(Task.of(task, accepted, expires));
        }
    }

    /**
     * Ends a task with a result. The first one wins.
     *
     * @param attempt the attempt that the result is of, when the worker says it
     * @param result the whole completion as the worker sent it
     */
    public CompletionStage<Completion> complete(TaskId id, OptionalInt attempt, RawJson result) {
        return complete(id, attempt, result, ResultFields.of(result));
    }

    /** Like {@link #complete(TaskId, OptionalInt, RawJson)}, when the result was read before. */
    public CompletionStage<Completion> complete(TaskId id, OptionalInt attempt, RawJson result, ResultFields fields) {
        TaskState outcome = outcome(fields);
        boolean dead = outcome == TaskState.FAILED;
        return end(new Wish(id, attempt, outcome, result, fields.failure().orElse(null), true, false, dead));
    }

    private TaskState outcome(ResultFields fields) {
        if (!rules.strictStatus() || fields.isSuccess()) {
            return TaskState.SUCCEEDED;
        }
        return fields.statusCode() == TIMEOUT_STATUS ? TaskState.TIMEOUT : TaskState.FAILED;
    }

    /**
     * Cancels a task. Nobody is called back.
     *
     * @param onlyWaiting whether a task that runs shall go on
     * @return whether it ended by this call
     */
    public CompletionStage<Boolean> cancel(TaskId id, String why, boolean onlyWaiting) {
        return end(new Wish(id, OptionalInt.empty(), TaskState.CANCELLED, null, why, false, onlyWaiting, false))
                .thenApply(Completion.ACCEPTED::equals);
    }

    /**
     * Ends a task whose time is over, with the result that Bella-Queue gives it then (contract 9.3), and calls back.
     *
     * @return whether it ended by this call
     */
    public CompletionStage<Boolean> timeOut(TaskId id, String why) {
        return timeOut(id, why, false);
    }

    /** Ends a task that may lose no more leases: like {@link #timeOut}, and it is a dead letter. */
    CompletionStage<Boolean> giveUpLost(TaskId id, String why) {
        return timeOut(id, why, true);
    }

    private CompletionStage<Boolean> timeOut(TaskId id, String why, boolean dead) {
        RawJson result = RawJson.of("{\"status_code\":\"408\",\"request_id\":\"" + id.text() + "\"}");
        return end(new Wish(id, OptionalInt.empty(), TaskState.TIMEOUT, result, why, true, false, dead))
                .thenApply(Completion.ACCEPTED::equals);
    }

    /**
     * Ends a task whose attempts failed too often: it is a dead letter, and its producer gets status 500 and the reason.
     *
     * @return whether it ended by this call
     */
    CompletionStage<Boolean> giveUpFailed(TaskId id, String why) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("message", why);
        error.put("type", "task_failed");
        Map<String, Object> completion = new LinkedHashMap<>();
        completion.put("status_code", "500");
        completion.put("request_id", id.text());
        completion.put("body", Map.of("error", error));
        RawJson result = new RawJson(Json.bytes(completion));
        return end(new Wish(id, OptionalInt.empty(), TaskState.FAILED, result, why, true, false, true))
                .thenApply(Completion.ACCEPTED::equals);
    }

    /** An end that somebody wants for a task; {@code dead} when it is to be kept as a dead letter. */
    private record Wish(
            TaskId id,
            OptionalInt attempt,
            TaskState outcome,
            RawJson result,
            String why,
            boolean callsBack,
            boolean onlyWaiting,
            boolean dead) {}

    private CompletionStage<Completion> end(Wish wish) {
        TaskId id = wish.id();
        if (id.isOnline()) {
            return window.end(new Window.End(
                            id,
                            wish.outcome(),
                            wish.result(),
                            wish.attempt(),
                            rules.onlineRetention(),
                            wish.callsBack(),
                            wish.why(),
                            wish.onlyWaiting(),
                            null,
                            wish.dead()))
                    .thenApply(ending -> {
                        ending.ended().ifPresent(task -> onlineEnded(id, wish.outcome(), wish.result(), task));
                        return ending.completion();
                    });
        }
        TaskTable.End end = new TaskTable.End(
                id,
                wish.outcome(),
                wish.result(),
                wish.why(),
                wish.callsBack(),
                wish.onlyWaiting(),
                wish.dead(),
                wish.attempt());
        return newerAttempt(id, wish.attempt())
                .thenCompose(newer -> newer
                        ? CompletableFuture.completedStage(Completion.OLDER_ATTEMPT)
                        : ends.write(end).thenCompose(ending -> leaveWindow(end, ending)));
    }

    /**
     * MariaDB learns of attempts a little later, so Redis is asked. What it cannot say, the row does when the end is decided.
     */
    private CompletionStage<Boolean> newerAttempt(TaskId id, OptionalInt attempt) {
        return attempt.isEmpty()
                ? CompletableFuture.completedStage(false)
                : window.attempt(id)
                        .handle((known, failure) ->
                                failure == null && known.isPresent() && known.getAsInt() > attempt.getAsInt());
    }

    private CompletionStage<Completion> leaveWindow(TaskTable.End end, TaskTable.Ending ending) {
        Completion completion = ending.completion();
        if (completion != Completion.ACCEPTED) {
            return ending.before()
                    .filter(row -> completion == Completion.SAME || row.state().isFinal())
                    .map(row -> leaveWindowLate(end, row))
                    .orElse(CompletableFuture.completedStage(null))
                    .handle((left, failure) -> completion);
        }
        TaskTable.Row before = ending.before().orElseThrow();
        if (end.callsBack()) {
            callbacks.wake();
        }
        return window.end(Window.End.left(end.id(), end.outcome(), end.result(), before.state()))
                .handle((left, failure) -> {
                    if (failure != null) {
                        LOG.warn("Task {} has ended but is still in Redis: {}", end.id(), failure.getMessage());
                    }
                    Optional<Window.Ended> seen = failure == null ? left.ended() : Optional.empty();
                    long started = seen.map(Window.Ended::started).orElse(before.started());
                    long now = seen.map(Window.Ended::now).orElse(0L);
                    fire(end.id(), before.queue(), end.outcome(), end.result(), before.accepted(), started, now, null);
                    return ending.completion();
                });
    }

    /** Who ended the task before may have died, or lost Redis, before it could leave; and a worker holds a copy in vain. */
    private CompletionStage<?> leaveWindowLate(TaskTable.End end, TaskTable.Row row) {
        TaskState outcome = row.state().isFinal() ? row.state() : end.outcome();
        return window.end(Window.End.left(end.id(), outcome, null, null));
    }

    private void onlineEnded(TaskId id, TaskState outcome, RawJson result, Window.Ended task) {
        task.owed().ifPresent(specification -> settle(id, specification, result));
        if (task.dead()) {
            deaths.bury(new DeadList.Death(id, task.attempt()));
        }
        fire(id, null, outcome, result, task.accepted(), task.started(), task.now(), task.instance());
    }

    private void fire(
            TaskId id,
            String queue,
            TaskState outcome,
            RawJson result,
            long accepted,
            long started,
            long now,
            String instance) {
        long waited = started == 0 ? -1 : Math.max(0, started - accepted / 1000);
        long ran = started == 0 || now == 0 ? -1 : Math.max(0, now - started);
        window.counted().ended(id, outcome, waited, ran);
        try {
            ended.accept(new TaskEnded(id, queue, outcome, result, waited, ran, instance));
        } catch (RuntimeException failure) {
            LOG.error("Task {} has ended, but somebody who listens failed", id, failure);
        }
    }

    /** Brings an owed callback of an online task into MariaDB, then takes it off the list. */
    CompletionStage<Boolean> settle(TaskId id, Specification specification, RawJson result) {
        OwedCallback owed = new OwedCallback(
                id.text(), specification.owner(), specification.callbackUrl(), result.bytes(), specification.traceId());
        return debts.write(owed)
                .thenCompose(written -> window.settled(id, rules.onlineRetention()))
                .exceptionally(failure -> {
                    LOG.warn("The callback of task {} is not in MariaDB yet: {}", id, failure.getMessage());
                    return false;
                });
    }

    private List<Boolean> commitDebts(List<OwedCallback> owed) {
        callbacks.owe(owed);
        callbacks.wake();
        return owed.stream().map(written -> true).toList();
    }

    /** Keeps the latest progress of a task and tells those who watch it. */
    public CompletionStage<Completion> progress(TaskId id, OptionalInt attempt, RawJson progress) {
        return window.progress(id, attempt, progress);
    }

    /**
     * Cancels what waits now at a level of a queue; what comes later stays, and what rests until it is due too.
     *
     * @return how many tasks ended by it
     */
    public int clear(Queue queue, Level level, String why) {
        int cancelled = 0;
        long now = Stages.await(window.accept(queue.number(), 1), PATIENCE_SECONDS);
        for (List<TaskId> ids; !(ids = waiting(queue, level, now)).isEmpty(); ) {
            List<Boolean> ended = Stages.await(
                    Stages.all(ids.stream().map(id -> cancel(id, why, true)).toList()), PATIENCE_SECONDS);
            long here = ended.stream().filter(Boolean::booleanValue).count();
            cancelled += (int) here;
            if (here == 0) {
                break;
            }
        }
        return cancelled;
    }

    private List<TaskId> waiting(Queue queue, Level level, long until) {
        if (!level.isOnline()) {
            return table.waiting(queue.number(), level, until, CLEAR_AT_ONCE);
        }
        for (String group : Stages.await(contents.groups(queue.number(), level), PATIENCE_SECONDS)) {
            List<TaskId> ids = Stages.await(
                    contents.waiting(queue.number(), level, group, until, CLEAR_AT_ONCE), PATIENCE_SECONDS);
            if (!ids.isEmpty()) {
                return ids;
            }
        }
        return List.of();
    }

    /** One page of tasks, newest first, without their data and results. Blocks. */
    public List<Task> list(TaskFilter filter, List<Queue> queues) {
        List<Task> page = new ArrayList<>(table.list(filter));
        for (Queue queue : queues) {
            page.addAll(new OnlineTasks(window, contents).list(queue.number(), filter));
        }
        page.sort(TaskFilter.NEWEST_FIRST);
        return page.size() > filter.limit() ? List.copyOf(page.subList(0, filter.limit())) : page;
    }

    /** A task, as long as its record lives. */
    public CompletionStage<Optional<Task>> find(TaskId id) {
        if (id.isOnline()) {
            return window.find(id);
        }
        return CompletableFuture.supplyAsync(() -> table.find(id), executor)
                .thenCompose(row -> row.isEmpty() || row.get().state().isFinal()
                        ? CompletableFuture.completedStage(row)
                        : window.find(id).handle((running, failure) -> freshest(row.get(), running)));
    }

    /** What Redis knows of leases is newer than the row; whether the task exists and has ended the row knows. */
    private static Optional<Task> freshest(Task row, Optional<Task> window) {
        if (window == null || window.isEmpty() || window.get().state().isFinal()) {
            return Optional.of(row);
        }
        return Optional.of(row.delivered(window.get()));
    }

    /**
     * Begins to record what happens to a task: changes and progress go to the Redis stream {@link Keys#events} from now
     * on, as entries with the fields {@code kind} ({@code state} or {@code progress}) and {@code content} (JSON), and each
     * time the task's id is published on the channel {@code carillon:changed}.
     *
     * @return empty when there is no such task
     */
    public CompletionStage<Optional<Watched>> watch(TaskId id) {
        return find(id).thenCompose(found -> {
            if (found.isEmpty()) {
                return CompletableFuture.completedStage(Optional.empty());
            }
            Task task = found.get();
            String now = "{\"state\":\"" + task.state().word() + "\",\"attempt\":" + task.attempt() + "}";
            return window.watch(id, now).thenCompose(watch -> find(id).thenApply(
                            again -> again.map(fresh -> new Watched(watch.newest(), fresh))));
        });
    }

    /**
     * A task that is watched.
     *
     * @param newest the newest event when the watch began
     * @param task the task at that event or a little later
     */
    public record Watched(String newest, Task task) {}
}
