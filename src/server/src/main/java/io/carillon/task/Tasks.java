package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.callback.OwedCallback;
import io.carillon.platform.concurrent.Coalescer;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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
 * <p>All is asynchronous. What is put or ended completes on a thread of the executor, together with what went into the same
 * call of Redis or transaction; so who goes on there may write a short answer, and must change threads for slow work.
 * Other stages may complete on a thread of Redis. Stages fail with {@link Refused}. Safe for many threads.
 */
public class Tasks {
    private static final Logger LOG = LoggerFactory.getLogger(Tasks.class);
    private static final long PATIENCE_SECONDS = 10;
    private static final int TIMEOUT_STATUS = 408;
    /** Of many tasks that nobody waits for, so that Redis can answer others in between. */
    private static final int ADD_AT_ONCE = 100;

    private static final int OFFLINE = 0;

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

    /** What came of an end: it is on disk, and the task leaves Redis. */
    private record Ended(TaskTable.Ending ending, CompletionStage<Boolean> left) {}

    private final Window window;
    private final Contents contents;
    private final TaskTable table;
    private final TaskIds ids;
    private final Rules rules;
    private final Consumer<TaskEnded> ended;
    private final OnlineDeaths deaths;
    private final Callbacks callbacks;
    private final Tally tally;
    private final LeaseNotes notes;
    private final Executor executor;
    private final Coalescer<Integer, NewTask, Outcome<Optional<Task>>> onlinePuts;
    private final Coalescer<Integer, Window.End, Outcome<Window.Ending>> onlineEnds;
    private final Coalescer<Integer, TaskId, Optional<Window.Latest>> latestAttempts;
    private final TaskReads reads;
    private final GroupCommit<Put, Committed> puts;
    private final GroupCommit<TaskTable.End, Ended> ends;
    private final GroupCommit<OwedCallback, Boolean> debts;

    Tasks(
            Window window,
            Contents contents,
            TaskTable table,
            TaskIds ids,
            Rules rules,
            Callbacks callbacks,
            Tally tally,
            OnlineDeaths deaths,
            LeaseNotes notes,
            Consumer<TaskEnded> ended,
            Executor executor) {
        this.window = window;
        this.contents = contents;
        this.table = table;
        this.ids = ids;
        this.rules = rules;
        this.ended = ended;
        this.callbacks = callbacks;
        this.tally = tally;
        this.deaths = deaths;
        this.notes = notes;
        this.executor = executor;
        this.onlinePuts = new Coalescer<>(
                executor, NewTask::size, (queue, tasks) -> window.put(queue, tasks, rules.onlineCapacity()));
        this.onlineEnds = new Coalescer<>(executor, Window.End::size, window::end);
        this.latestAttempts = new Coalescer<>(executor, id -> id.text().length(), window::attempts);
        this.reads = new TaskReads(window, table, executor);
        this.puts = new GroupCommit<>(executor, put -> put.task.size(), this::commitPuts);
        this.ends = new GroupCommit<>(executor, TaskTable.End::size, this::commitEnds);
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
        return put(List.of(task)).thenApply(outcomes -> outcomes.get(0).orThrow());
    }

    /**
     * Puts many tasks, each as {@link #put(NewTask)} does, and each succeeds or fails alone. Those of one queue and level are
     * accepted in their order.
     *
     * @return an outcome for each, in order; never fails
     */
    public CompletionStage<List<Outcome<Void>>> put(List<NewTask> tasks) {
        return Stages.inParts(
                tasks,
                task -> task.id().isOnline() ? task.id().queue() : OFFLINE,
                (queue, part) -> queue == OFFLINE ? putOffline(part) : putOnline(queue, part));
    }

    private CompletionStage<List<Outcome<Void>>> putOnline(int queue, List<NewTask> tasks) {
        return onlinePuts.ask(queue, tasks).thenApply(put -> {
            List<Outcome<Void>> outcomes = new ArrayList<>(tasks.size());
            for (int i = 0; i < tasks.size(); i++) {
                if (put.get(i).isFailed()) {
                    outcomes.add(Outcome.failed(put.get(i).failure()));
                } else if (put.get(i).value().isPresent()) {
                    window.counted().put(tasks.get(i).id());
                    outcomes.add(Outcome.of(null));
                } else {
                    outcomes.add(Outcome.failed(full(tasks.get(i))));
                }
            }
            return outcomes;
        });
    }

    private CompletionStage<List<Outcome<Void>>> putOffline(List<NewTask> tasks) {
        return puts.writeAll(tasks.stream().map(Put::new).toList()).thenCompose(written -> {
            List<CompletionStage<Long>> added = new ArrayList<>();
            List<Outcome<Void>> outcomes = new ArrayList<>(tasks.size());
            for (int i = 0; i < tasks.size(); i++) {
                Outcome<Committed> committed = written.get(i);
                if (committed.isFailed()) {
                    outcomes.add(Outcome.failed(committed.failure()));
                } else if (committed.value().refused() != null) {
                    outcomes.add(Outcome.failed(committed.value().refused()));
                } else {
                    window.counted().put(tasks.get(i).id());
                    added.add(committed.value().added());
                    outcomes.add(Outcome.of(null));
                }
            }
            return Stages.after(added, outcomes);
        });
    }

    /**
     * Puts offline tasks of one queue, all or none, together with what the caller has to write about them: when it is there
     * they are on disk. In acceptance order. Blocks until then.
     *
     * @param tasks of one queue; not empty
     * @param after when Redis may get them, so that they do not overtake others; never fails
     * @param also in the same transaction, before the tasks; false when they are not to be put
     * @return completes when they are in Redis, or will be brought there later; never fails. Empty if they were not put
     * @throws io.carillon.platform.database.CommitUnknown when nobody knows; what {@code also} wrote tells
     * @throws Refused ({@link Reason#UNAVAILABLE}) when a store does not answer
     */
    public Optional<CompletionStage<Void>> putTogether(
            List<NewTask> tasks, CompletionStage<Void> after, Database.Work<Boolean> also) {
        int queue = tasks.get(0).id().queue();
        List<Put> group = tasks.stream().map(Put::new).toList();
        place(group, Stages.await(window.accept(queue, group.size()), PATIENCE_SECONDS));
        if (!table.insert(group.stream().map(put -> put.stored).toList(), also)) {
            return Optional.empty();
        }
        tasks.forEach(task -> window.counted().put(task.id()));
        CompletionStage<Void> added = after;
        for (int from = 0; from < group.size(); from += ADD_AT_ONCE) {
            List<Put> some = group.subList(from, Math.min(group.size(), from + ADD_AT_ONCE));
            added = added.thenCompose(before -> added(queue, some)).thenAccept(many -> {});
        }
        return Optional.of(added);
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
        Map<Integer, List<Put>> byQueue = new LinkedHashMap<>();
        group.forEach(put -> byQueue.computeIfAbsent(put.task.id().queue(), queue -> new ArrayList<>())
                .add(put));
        Map<Integer, CompletionStage<Long>> places = new HashMap<>();
        byQueue.forEach((queue, ofQueue) -> {
            long without = ofQueue.stream().filter(put -> put.stored == null).count();
            if (without > 0) {
                places.put(queue, window.accept(queue, (int) without));
            }
        });
        Map<Integer, Committed> answers = new HashMap<>();
        places.forEach((queue, place) -> {
            try {
                place(byQueue.get(queue), Stages.await(place, PATIENCE_SECONDS));
            } catch (RuntimeException refused) {
                answers.put(queue, new Committed(null, refused));
            }
        });
        byQueue.keySet().removeAll(answers.keySet());
        List<StoredTask> rows = new ArrayList<>(group.size());
        byQueue.values().forEach(ofQueue -> ofQueue.forEach(put -> rows.add(put.stored)));
        if (!rows.isEmpty()) {
            table.insert(rows);
        }
        byQueue.forEach((queue, ofQueue) -> answers.put(queue, new Committed(added(queue, ofQueue), null)));
        return group.stream().map(put -> answers.get(put.task.id().queue())).toList();
    }

    private static void place(List<Put> group, long first) {
        long accepted = first;
        for (Put put : group) {
            if (put.stored == null) {
                long expires = accepted / 1000 + put.task.life().toMillis();
                put.stored = new StoredTask(Task.of(put.task, accepted, expires));
                accepted++;
            }
        }
    }

    /** Never fails: what is on disk is put, and the sweep brings it to Redis. */
    private CompletionStage<Long> added(int queue, List<Put> group) {
        List<StoredTask> tasks = group.stream().map(put -> put.stored).toList();
        CompletionStage<Long> added = Stages.guarded(() -> window.add(queue, tasks, Window.Adding.NEW));
        return Stages.on(executor, added).exceptionally(failure -> {
            LOG.warn(
                    "{} tasks, of which the first is {}, are on disk but not in Redis yet: {}",
                    group.size(),
                    group.get(0).task.id(),
                    failure.getMessage());
            return 0L;
        });
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
        return end(new Result(id, attempt, result, fields).asWish(this));
    }

    /**
     * A result that a worker hands in.
     *
     * @param attempt the attempt that it is of, when the worker says it
     * @param content the whole completion as the worker sent it
     * @param fields what was read of it
     */
    public record Result(TaskId id, OptionalInt attempt, RawJson content, ResultFields fields) {
        private Wish asWish(Tasks tasks) {
            TaskState outcome = tasks.outcome(fields);
            boolean dead = outcome == TaskState.FAILED;
            return new Wish(id, attempt, outcome, content, fields.failure().orElse(null), true, false, dead, fields);
        }
    }

    /**
     * Ends many tasks with their results, each as {@link #complete(TaskId, OptionalInt, RawJson)} does. Of several results
     * for one task, the first wins.
     *
     * @return an outcome for each, in order; never fails
     */
    public CompletionStage<List<Outcome<Completion>>> complete(List<Result> results) {
        return end(results.stream().map(result -> result.asWish(this)).toList());
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
        return end(cancellation(id, why, onlyWaiting)).thenApply(Completion.ACCEPTED::equals);
    }

    /**
     * Cancels many tasks, each as {@link #cancel(TaskId, String, boolean)} does.
     *
     * @return an outcome for each, in order; never fails
     */
    public CompletionStage<List<Outcome<Completion>>> cancel(List<TaskId> ids, String why, boolean onlyWaiting) {
        return end(ids.stream().map(id -> cancellation(id, why, onlyWaiting)).toList());
    }

    private static Wish cancellation(TaskId id, String why, boolean onlyWaiting) {
        return new Wish(id, OptionalInt.empty(), TaskState.CANCELLED, null, why, false, onlyWaiting, false, null);
    }

    /**
     * Ends a task whose time is over, with the result that Bella-Queue gives it then (contract 9.3), and calls back.
     *
     * @return whether it ended by this call
     */
    public CompletionStage<Boolean> timeOut(TaskId id, String why) {
        return timeOut(id, OptionalInt.empty(), why, false);
    }

    /**
     * Ends a task that may lose no more leases: like {@link #timeOut}, and it is a dead letter.
     *
     * @param attempt the last one, so that this ends nothing when the task was begun anew
     */
    CompletionStage<Boolean> giveUpLost(TaskId id, int attempt, String why) {
        return timeOut(id, OptionalInt.of(attempt), why, true);
    }

    private CompletionStage<Boolean> timeOut(TaskId id, OptionalInt attempt, String why, boolean dead) {
        RawJson result = RawJson.of("{\"status_code\":\"408\",\"request_id\":\"" + id.text() + "\"}");
        return end(new Wish(id, attempt, TaskState.TIMEOUT, result, why, true, false, dead, null))
                .thenApply(Completion.ACCEPTED::equals);
    }

    /**
     * Ends a task whose attempts failed too often: it is a dead letter, and its producer gets status 500 and the reason.
     *
     * @param attempt the last one, when it is known
     * @return whether it ended by this call
     */
    CompletionStage<Boolean> giveUpFailed(TaskId id, OptionalInt attempt, String why) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("message", why);
        error.put("type", "task_failed");
        Map<String, Object> completion = new LinkedHashMap<>();
        completion.put("status_code", "500");
        completion.put("request_id", id.text());
        completion.put("body", Map.of("error", error));
        RawJson result = new RawJson(Json.bytes(completion));
        return end(new Wish(id, attempt, TaskState.FAILED, result, why, true, false, true, null))
                .thenApply(Completion.ACCEPTED::equals);
    }

    /**
     * An end that somebody wants for a task.
     *
     * @param dead when it is to be kept as a dead letter
     * @param fields of a result that a worker handed in; null when the server made it
     */
    private record Wish(
            TaskId id,
            OptionalInt attempt,
            TaskState outcome,
            RawJson result,
            String why,
            boolean callsBack,
            boolean onlyWaiting,
            boolean dead,
            ResultFields fields) {
        boolean dependsOnAttempt() {
            return attempt.isPresent() || onlyWaiting;
        }

        Optional<Completion> refusedBy(Window.Latest latest) {
            if (attempt.isPresent() && latest.number() > attempt.getAsInt()) {
                return Optional.of(Completion.OLDER_ATTEMPT);
            }
            return onlyWaiting && latest.runs() ? Optional.of(Completion.REFUSED) : Optional.empty();
        }
    }

    private CompletionStage<Completion> end(Wish wish) {
        return end(List.of(wish)).thenApply(outcomes -> outcomes.get(0).orThrow());
    }

    private CompletionStage<List<Outcome<Completion>>> end(List<Wish> wishes) {
        return Stages.inParts(
                wishes,
                wish -> wish.id().isOnline() ? wish.id().queue() : OFFLINE,
                (queue, part) -> queue == OFFLINE ? endOffline(part) : endOnline(queue, part));
    }

    private CompletionStage<List<Outcome<Completion>>> endOnline(int queue, List<Wish> wishes) {
        List<Window.End> ends = wishes.stream()
                .map(wish -> new Window.End(
                        wish.id(),
                        wish.outcome(),
                        wish.result(),
                        wish.attempt(),
                        rules.onlineRetention(),
                        wish.callsBack(),
                        wish.why(),
                        wish.onlyWaiting(),
                        null,
                        wish.dead()))
                .toList();
        return onlineEnds.ask(queue, ends).thenApply(endings -> {
            List<Outcome<Completion>> outcomes = new ArrayList<>(wishes.size());
            List<OwedCallback> owed = new ArrayList<>(0);
            for (int i = 0; i < wishes.size(); i++) {
                Wish wish = wishes.get(i);
                if (endings.get(i).isFailed()) {
                    outcomes.add(Outcome.failed(endings.get(i).failure()));
                    continue;
                }
                Window.Ending ending = endings.get(i).value();
                ending.ended().ifPresent(task -> {
                    task.owed().ifPresent(of -> owed.add(owed(wish.id(), of, wish.result())));
                    if (task.dead()) {
                        deaths.bury(new DeadList.Death(wish.id(), task.attempt()));
                    }
                    fire(
                            wish.id(),
                            null,
                            wish.outcome(),
                            wish.result(),
                            task.accepted(),
                            task.started(),
                            task.now(),
                            task.instance());
                });
                outcomes.add(Outcome.of(ending.completion()));
            }
            if (!owed.isEmpty()) {
                settle(queue, owed);
            }
            return outcomes;
        });
    }

    private CompletionStage<List<Outcome<Completion>>> endOffline(List<Wish> wishes) {
        return inTheWay(wishes).thenCompose(inTheWay -> {
            List<TaskTable.End> wanted = new ArrayList<>(wishes.size());
            for (int i = 0; i < wishes.size(); i++) {
                if (inTheWay.get(i).isEmpty()) {
                    Wish wish = wishes.get(i);
                    wanted.add(new TaskTable.End(
                            wish.id(),
                            wish.outcome(),
                            wish.result(),
                            wish.why(),
                            wish.callsBack(),
                            wish.onlyWaiting(),
                            wish.dead(),
                            wish.attempt(),
                            wish.fields()));
                }
            }
            return ends.writeAll(wanted).thenCompose(ended -> {
                List<CompletionStage<Boolean>> left = ended.stream()
                        .filter(one -> !one.isFailed())
                        .map(one -> one.value().left())
                        .toList();
                Iterator<Outcome<Ended>> next = ended.iterator();
                List<Outcome<Completion>> outcomes = inTheWay.stream()
                        .map(one -> one.map(Outcome::of).orElseGet(() -> next.next()
                                .map(written -> written.ending().completion())))
                        .toList();
                return Stages.after(left, outcomes);
            });
        });
    }

    /**
     * What keeps each of these from ending a task, as Redis knows it, for MariaDB learns of attempts a little later. What
     * Redis cannot say, the row does when the end is decided.
     */
    private CompletionStage<List<Optional<Completion>>> inTheWay(List<Wish> wishes) {
        if (wishes.stream().noneMatch(Wish::dependsOnAttempt)) {
            return CompletableFuture.completedStage(Collections.nCopies(wishes.size(), Optional.empty()));
        }
        CompletionStage<List<Outcome<Optional<Window.Latest>>>> known =
                Stages.inParts(wishes, wish -> wish.id().queue(), (queue, part) -> latestAttempts
                        .ask(queue, part.stream().map(Wish::id).toList())
                        .thenApply(latest -> latest.stream().map(Outcome::of).toList()));
        return known.thenApply(latest -> {
            List<Optional<Completion>> inTheWay = new ArrayList<>(wishes.size());
            for (int i = 0; i < wishes.size(); i++) {
                Outcome<Optional<Window.Latest>> one = latest.get(i);
                inTheWay.add(one.isFailed() ? Optional.empty() : one.value().flatMap(wishes.get(i)::refusedBy));
            }
            return inTheWay;
        });
    }

    /** What MariaDB has decided, Redis carries out, in the same order; then those who listen are told. */
    private List<Ended> commitEnds(List<TaskTable.End> group) {
        List<TaskTable.Ending> endings = endWithNotes(group);
        Map<Integer, List<Leaving>> byQueue = new LinkedHashMap<>();
        boolean owes = false;
        Set<String> batches = new HashSet<>(0);
        for (int i = 0; i < group.size(); i++) {
            Optional<Leaving> leaving = leaving(group.get(i), endings.get(i));
            owes |= endings.get(i).owes();
            endings.get(i).before().flatMap(TaskTable.Row::batch).ifPresent(batches::add);
            leaving.ifPresent(one -> byQueue.computeIfAbsent(one.end().id().queue(), queue -> new ArrayList<>())
                    .add(one));
        }
        if (owes) {
            callbacks.wake();
        }
        if (!batches.isEmpty()) {
            tally.tell(batches);
        }
        Map<Integer, CompletionStage<Boolean>> left = new HashMap<>();
        byQueue.forEach((queue, ofQueue) -> left.put(queue, leaveWindow(queue, ofQueue)));
        List<Ended> ended = new ArrayList<>(group.size());
        for (int i = 0; i < group.size(); i++) {
            ended.add(new Ended(
                    endings.get(i),
                    left.getOrDefault(group.get(i).id().queue(), CompletableFuture.completedStage(false))));
        }
        return ended;
    }

    private List<TaskTable.Ending> endWithNotes(List<TaskTable.End> group) {
        Map<TaskId, LeaseNote> unwritten =
                notes.ofEnding(group.stream().map(TaskTable.End::id).toList());
        try {
            List<TaskTable.Ending> endings = table.end(group, unwritten);
            for (int i = 0; i < group.size(); i++) {
                if (endings.get(i).completion() == Completion.ACCEPTED) {
                    unwritten.remove(group.get(i).id());
                }
            }
            return endings;
        } finally {
            notes.taken(unwritten.values());
        }
    }

    /** A task that ends leaves Redis; {@code before} is its row when that was decided just now, else null. */
    private record Leaving(TaskTable.End end, TaskTable.Row before, Window.End left) {}

    private static Optional<Leaving> leaving(TaskTable.End end, TaskTable.Ending ending) {
        if (ending.before().isEmpty()) {
            return Optional.empty();
        }
        TaskTable.Row before = ending.before().get();
        if (ending.completion() == Completion.ACCEPTED) {
            return Optional.of(
                    new Leaving(end, before, Window.End.left(end.id(), end.outcome(), end.result(), before.state())));
        }
        if (ending.completion() == Completion.SAME || before.state().isFinal()) {
            // Who ended it before may have died, or lost Redis, before it could leave; and a worker holds a copy in
            // vain.
            TaskState outcome = before.state().isFinal() ? before.state() : end.outcome();
            return Optional.of(new Leaving(end, null, Window.End.left(end.id(), outcome, null, null)));
        }
        return Optional.empty();
    }

    /** Never fails: what has ended on disk has ended, and the sweep takes it out. */
    private CompletionStage<Boolean> leaveWindow(int queue, List<Leaving> leaving) {
        List<Window.End> ends = leaving.stream().map(Leaving::left).toList();
        return Stages.on(executor, window.end(queue, ends)).thenApply(left -> {
            boolean all = true;
            for (int i = 0; i < leaving.size(); i++) {
                Outcome<Window.Ending> ending = left.get(i);
                if (ending.isFailed() && all) {
                    all = false;
                    LOG.warn(
                            "Task {} and maybe others have ended but are still in Redis: {}",
                            leaving.get(i).end().id(),
                            ending.failure().getMessage());
                }
                if (leaving.get(i).before() != null) {
                    tell(
                            leaving.get(i),
                            ending.isFailed()
                                    ? Optional.empty()
                                    : ending.value().ended());
                }
            }
            return all;
        });
    }

    private void tell(Leaving one, Optional<Window.Ended> seen) {
        TaskTable.End end = one.end();
        long started = seen.map(Window.Ended::started).orElse(one.before().started());
        long now = seen.map(Window.Ended::now).orElse(0L);
        fire(
                end.id(),
                one.before().queue(),
                end.outcome(),
                end.result(),
                one.before().accepted(),
                started,
                now,
                null);
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

    private static OwedCallback owed(TaskId id, Specification specification, RawJson result) {
        return new OwedCallback(
                id.text(), specification.owner(), specification.callbackUrl(), result.bytes(), specification.traceId());
    }

    /** Brings an owed callback of an online task into MariaDB, then takes it off the list. */
    CompletionStage<Boolean> settle(TaskId id, Specification specification, RawJson result) {
        return settle(id.queue(), List.of(owed(id, specification, result)));
    }

    /** Brings owed callbacks of online tasks of a queue into MariaDB, then takes them off its list. Never fails. */
    private CompletionStage<Boolean> settle(int queue, List<OwedCallback> owed) {
        return debts.writeAll(owed)
                .thenCompose(written -> {
                    List<TaskId> settled = new ArrayList<>(owed.size());
                    for (int i = 0; i < owed.size(); i++) {
                        TaskId id = TaskId.parse(owed.get(i).taskId());
                        if (written.get(i).isFailed()) {
                            notInMariaDb(id.text(), written.get(i).failure());
                        } else {
                            settled.add(id);
                        }
                    }
                    return settled.isEmpty()
                            ? CompletableFuture.completedStage(0L)
                            : window.settled(queue, settled, rules.onlineRetention());
                })
                .thenApply(settled -> settled > 0)
                .exceptionally(failure -> {
                    notInMariaDb(owed.get(0).taskId(), failure);
                    return false;
                });
    }

    private static void notInMariaDb(String id, Throwable failure) {
        LOG.warn("The callback of task {} is not in MariaDB yet: {}", id, failure.getMessage());
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
        return reads.find(id);
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
