package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mends single tasks that a crash left in one store only: it walks over what MariaDB says is open and brings what Redis
 * lacks, walks over what waits in Redis and takes out what has ended, brings what is nearly due, settles callbacks that are
 * owed, brings online tasks that were given up to MariaDB and those that begin anew to Redis, and mends counts. Each run is
 * one bounded step of each walk. For one thread.
 */
class Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);
    private static final int ROWS = 1000;
    private static final int PAYLOADS_AT_ONCE = 20;
    private static final int OWED_AT_ONCE = 100;
    private static final long PATIENCE_SECONDS = 10;
    private static final Duration SETTLED = Duration.ofSeconds(5);
    private static final Duration SOON = Duration.ofMinutes(4);
    private static final int FORGET_RUNS = 12;
    private static final Backlog.DuePlace NOT_BEGUN = new Backlog.DuePlace(0, "");

    private record Line(Takes.ReadyLevel level, String group) {}

    private final Queues queues;
    private final Window window;
    private final Contents contents;
    private final Overflow overflow;
    private final TaskTable table;
    private final Backlog backlog;
    private final Refill refill;
    private final Tasks tasks;
    private final OnlineDeaths deaths;
    private final Clock clock;
    private final BusyQueues busy;
    private final Duration onlineRetention;
    private final Recount recount;
    private final Map<Takes.ReadyLevel, Long> swept = new HashMap<>();
    private final Map<Line, Integer> cleared = new HashMap<>();
    private Backlog.DuePlace broughtUntil = NOT_BEGUN;
    private long runs;

    Sweep(
            Queues queues,
            Window window,
            Contents contents,
            Overflow overflow,
            TaskTable table,
            Backlog backlog,
            Refill refill,
            Tasks tasks,
            OnlineDeaths deaths,
            Clock clock,
            BusyQueues busy,
            Duration onlineRetention) {
        this.queues = queues;
        this.window = window;
        this.contents = contents;
        this.overflow = overflow;
        this.table = table;
        this.backlog = backlog;
        this.refill = refill;
        this.tasks = tasks;
        this.deaths = deaths;
        this.clock = clock;
        this.busy = busy;
        this.onlineRetention = onlineRetention;
        this.recount = new Recount(contents, backlog);
    }

    void runOnce() {
        Steps steps = new Steps();
        List<Queue> due = queues.known().stream()
                .filter(queue -> busy.sweep(queue.number()))
                .toList();
        due.forEach(queue -> steps.run(() -> settleOwed(queue)));
        due.forEach(queue -> steps.run(() -> buryDead(queue)));
        steps.run(() -> revive(steps));
        steps.run(this::bringDue);
        steps.run(() -> {
            List<Takes.ReadyLevel> levels =
                    backlog.levels(due.stream().map(Queue::number).collect(Collectors.toSet()));
            for (Takes.ReadyLevel level : levels) {
                steps.run(() -> refill.level(level));
                steps.run(() -> mendWindow(level));
                steps.run(() -> clearWindow(level));
            }
            steps.run(() -> recount.look(levels));
        });
        if (runs++ % FORGET_RUNS == 0) {
            queues.known().forEach(queue -> steps.run(() -> forgetOldOnline(queue)));
        }
        steps.end();
    }

    /** Some at a time, and no more before those are done: MariaDB may be away for long. */
    private void settleOwed(Queue queue) {
        List<CompletionStage<Boolean>> settled =
                Stages.await(contents.owed(queue.number(), OWED_AT_ONCE), PATIENCE_SECONDS).stream()
                        .map(id -> window.find(id)
                                .thenCompose(found -> found.isPresent()
                                        ? tasks.settle(
                                                id,
                                                found.get().specification(),
                                                found.get().result())
                                        : window.settled(queue.number(), List.of(id), onlineRetention)
                                                .thenApply(n -> n > 0)))
                        .toList();
        Stages.await(Stages.all(settled), PATIENCE_SECONDS);
    }

    /** See {@link #settleOwed}. */
    private void buryDead(Queue queue) {
        List<CompletionStage<Boolean>> buried =
                Stages.await(deaths.unburied(queue.number(), OWED_AT_ONCE), PATIENCE_SECONDS).stream()
                        .map(deaths::bury)
                        .toList();
        Stages.await(Stages.all(buried), PATIENCE_SECONDS);
    }

    private void revive(Steps steps) {
        for (TaskId id : backlog.replayedOnline(OWED_AT_ONCE)) {
            steps.run(() -> deaths.revive(List.of(id)));
        }
    }

    private void forgetOldOnline(Queue queue) {
        long oldest =
                clock.millis() - onlineRetention.toMillis() - Duration.ofDays(1).toMillis();
        contents.forgetOnline(queue.number(), oldest * 1000);
    }

    /** Scheduled tasks come to Redis when they are nearly due; those that are due wait in MariaDB too. */
    private void bringDue() {
        long now = clock.millis();
        for (List<TaskId> overdue; !(overdue = backlog.overdue(now, ROWS)).isEmpty(); ) {
            // First those that Redis has; and one that has lost all counts them as they are in MariaDB until here.
            overdue.stream()
                    .map(TaskId::queue)
                    .distinct()
                    .forEach(queue -> Stages.await(window.lapsed(queue, 0), PATIENCE_SECONDS));
            bringOverdue(table.letWait(overdue, now));
        }
        long until = now + SOON.toMillis();
        Backlog.DuePlace after = broughtUntil.due() < now ? new Backlog.DuePlace(now, "") : broughtUntil;
        List<StoredTask> due = backlog.due(after, until, ROWS);
        due.stream()
                .collect(Collectors.groupingBy(stored -> stored.task().id().queue()))
                .forEach((queue, tasks) ->
                        Stages.await(window.add(queue, tasks, Window.Adding.AGAIN), PATIENCE_SECONDS));
        broughtUntil =
                due.size() < ROWS ? NOT_BEGUN : place(due.get(due.size() - 1).task());
    }

    private static Backlog.DuePlace place(Task scheduled) {
        return new Backlog.DuePlace(scheduled.delivery().due(), scheduled.id().text());
    }

    /** Those that Redis has are counted as waiting by it. */
    private void bringOverdue(List<TaskId> ids) {
        Set<TaskId> missing = Stages.await(contents.missing(ids), PATIENCE_SECONDS);
        missing.stream().collect(Collectors.groupingBy(TaskId::queue)).forEach((queue, ofQueue) -> {
            for (int from = 0; from < ofQueue.size(); from += PAYLOADS_AT_ONCE) {
                List<StoredTask> back =
                        backlog.stillOpen(ofQueue.subList(from, Math.min(ofQueue.size(), from + PAYLOADS_AT_ONCE)));
                if (!back.isEmpty()) {
                    Stages.await(window.add(queue, back, Window.Adding.DUE), PATIENCE_SECONDS);
                }
            }
        });
    }

    /** One step of a walk over the open rows of a level: those that Redis lacks come back, unless it is full. */
    private void mendWindow(Takes.ReadyLevel level) {
        long after = swept.getOrDefault(level, 0L);
        long settled = (clock.millis() - SETTLED.toMillis()) * 1000;
        if (!Stages.await(overflow.marks(level.queue(), level.level()), PATIENCE_SECONDS)
                .isEmpty()) {
            // What is newer than the window waits in MariaDB rightly.
            long newest = 0;
            for (String group : Stages.await(contents.groups(level.queue(), level.level()), PATIENCE_SECONDS)) {
                newest = Math.max(
                        newest, Stages.await(overflow.newest(level.queue(), level.level(), group), PATIENCE_SECONDS));
            }
            settled = Math.min(settled, newest);
        }
        List<Backlog.Place> places = backlog.open(level.queue(), level.level(), after, settled, ROWS);
        if (places.isEmpty()) {
            swept.remove(level);
            return;
        }
        swept.put(
                level, places.size() < ROWS ? 0L : places.get(places.size() - 1).accepted());
        List<TaskId> missing = List.copyOf(Stages.await(
                contents.missing(places.stream().map(Backlog.Place::id).toList()), PATIENCE_SECONDS));
        for (int from = 0; from < missing.size(); from += PAYLOADS_AT_ONCE) {
            // Read again: since then a task may have ended and left.
            List<StoredTask> back =
                    backlog.stillOpen(missing.subList(from, Math.min(missing.size(), from + PAYLOADS_AT_ONCE)));
            if (!back.isEmpty()) {
                long added = Stages.await(window.add(level.queue(), back, Window.Adding.AGAIN), PATIENCE_SECONDS);
                if (added > 0) {
                    LOG.warn("{} tasks of queue {} were missing in Redis and come back", added, level.queue());
                }
            }
        }
    }

    /** One step of a walk over what waits at a level: what has ended all the same leaves. */
    private void clearWindow(Takes.ReadyLevel level) {
        for (String group : Stages.await(contents.groups(level.queue(), level.level()), PATIENCE_SECONDS)) {
            Line line = new Line(level, group);
            int from = cleared.getOrDefault(line, 0);
            List<TaskId> ids =
                    Stages.await(contents.ready(level.queue(), level.level(), group, from, ROWS), PATIENCE_SECONDS);
            if (ids.size() < ROWS) {
                cleared.remove(line);
            } else {
                cleared.put(line, from + ids.size());
            }
            Map<TaskId, TaskState> states = table.states(ids);
            for (TaskId id : ids) {
                TaskState state = states.get(id);
                if (state == null || state.isFinal()) {
                    leaveWindow(id, state);
                }
            }
        }
    }

    /** Lets a task leave that has ended in MariaDB, or was never there. */
    CompletionStage<Window.Ending> leaveWindow(TaskId id, TaskState state) {
        return window.end(Window.End.left(id, state == null ? TaskState.CANCELLED : state, null, null));
    }
}
