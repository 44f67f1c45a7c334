package io.carillon.task;

import io.carillon.platform.database.GroupCommit;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what time brings: leases that ran out, tasks whose life is over, callers whose instance died; and mends what a
 * crash left between MariaDB and Redis. Every step may be done by several instances at once and again after a crash: each
 * is decided by one script or one transaction.
 */
public class Reaper {
    private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);
    private static final int AT_ONCE = 200;
    private static final int SWEEP_ROWS = 1000;
    private static final int PAYLOADS_AT_ONCE = 20;
    private static final long PATIENCE_SECONDS = 10;
    private static final Duration SETTLED = Duration.ofSeconds(5);
    private static final int SWEEP_TICKS = 5;
    private static final int FORGET_TICKS = 60;
    private static final int QUEUES_AT_ONCE = 500;

    private final Queues queues;
    private final Window window;
    private final TaskTable table;
    private final Tasks tasks;
    private final GroupCommit<LeaseNote, Boolean> notes;
    private final Executor executor;
    private final ScheduledExecutorService scheduler;
    private final Clock clock;
    private final Duration onlineRetention;
    private final Map<Takes.ReadyLevel, Long> swept = new HashMap<>();
    private final Map<Takes.ReadyLevel, Integer> cleared = new HashMap<>();
    private ScheduledFuture<?> ticking;
    private long ticks;
    private boolean failing;

    Reaper(
            Queues queues,
            Window window,
            TaskTable table,
            Tasks tasks,
            GroupCommit<LeaseNote, Boolean> notes,
            Executor executor,
            ScheduledExecutorService scheduler,
            Clock clock,
            Duration onlineRetention) {
        this.queues = queues;
        this.window = window;
        this.table = table;
        this.tasks = tasks;
        this.notes = notes;
        this.executor = executor;
        this.scheduler = scheduler;
        this.clock = clock;
        this.onlineRetention = onlineRetention;
    }

    /** The first look comes a little later: a worker whose server restarts may still be about to answer. */
    public void start() {
        ticking = scheduler.scheduleWithFixedDelay(this::tick, 2, 1, TimeUnit.SECONDS);
    }

    public void stop() {
        if (ticking != null) {
            ticking.cancel(false);
        }
    }

    /** The callers that an instance held are gone with it: what they waited for is cancelled. */
    public CompletionStage<Void> cancelHeld(String instance) {
        return CompletableFuture.runAsync(() -> queues.all().forEach(queue -> cancelHeld(queue, instance)), executor);
    }

    private void tick() {
        try {
            runOnce();
            if (failing) {
                failing = false;
                LOG.info("The reaper works again");
            }
        } catch (RuntimeException failure) {
            if (!failing) {
                failing = true;
                LOG.warn("The reaper cannot work: {}", failure.getMessage(), failure);
            }
        }
    }

    /** Every step is tried, though one before it failed: an outage of one store must not stop what needs the other only. */
    void runOnce() {
        long tick = ticks++;
        Steps steps = new Steps();
        steps.run(() -> reap(List.copyOf(queues.known())));
        steps.run(() -> endExpired(table.expired(AT_ONCE)));
        if (tick % SWEEP_TICKS == 0) {
            steps.run(queues::refresh);
            queues.known().forEach(queue -> steps.run(() -> settleOwed(queue)));
            steps.run(() -> table.levels()
                    .forEach(level -> steps.run(() -> {
                        mendWindow(level);
                        clearWindow(level);
                    })));
        }
        if (tick % FORGET_TICKS == 0) {
            queues.known().forEach(queue -> steps.run(() -> forgetOldOnline(queue)));
        }
        steps.end();
    }

    /** Runs steps and keeps the first failure for the end. */
    private static final class Steps {
        private RuntimeException first;

        void run(Runnable step) {
            try {
                step.run();
            } catch (RuntimeException failure) {
                if (first == null) {
                    first = failure;
                }
            }
        }

        void end() {
            if (first != null) {
                throw first;
            }
        }
    }

    private void endExpired(List<TaskId> expired) {
        expired.forEach(id -> tasks.timeOut(id, "Expired: nobody completed it within its timeout"));
    }

    private void reap(List<Queue> all) {
        for (int from = 0; from < all.size(); from += QUEUES_AT_ONCE) {
            List<Queue> some = all.subList(from, Math.min(all.size(), from + QUEUES_AT_ONCE));
            List<CompletionStage<Window.Lapsed>> asked = some.stream()
                    .map(queue -> window.lapsed(queue.number(), AT_ONCE))
                    .toList();
            List<Window.Lapsed> found = Stages.await(Stages.all(asked), PATIENCE_SECONDS);
            // First what Redis decides alone.
            for (Window.Lapsed lapsed : found) {
                endExpired(lapsed.expired());
                lapsed.leases().forEach((id, attempt) -> {
                    if (id.isOnline()) {
                        redeliver(id, attempt);
                    }
                });
            }
            found.forEach(this::redeliverOffline);
        }
    }

    /** A worker may have answered in time although Redis does not know it. */
    private void redeliverOffline(Window.Lapsed lapsed) {
        List<TaskId> offline =
                lapsed.leases().keySet().stream().filter(id -> !id.isOnline()).toList();
        Map<TaskId, TaskState> states = table.states(offline);
        for (TaskId id : offline) {
            TaskState state = states.get(id);
            if (state == null || state.isFinal()) {
                leaveWindow(id, state);
            } else {
                redeliver(id, lapsed.leases().get(id));
            }
        }
    }

    private void redeliver(TaskId id, int attempt) {
        window.redeliver(id, attempt)
                .thenAccept(waits -> {
                    if (waits.isEmpty()) {
                        LOG.warn("Task {} is given up: the lease of attempt {} ran out too", id, attempt);
                        tasks.timeOut(
                                id, "Given up: the lease of attempt " + attempt + " ran out, and it may lose no more");
                    } else if (waits.get()) {
                        LOG.info("Task {} waits again: the lease of attempt {} ran out", id, attempt);
                        if (!id.isOnline()) {
                            notes.write(new LeaseNote(id, TaskState.WAITING, attempt, null, 0, 0));
                        }
                    }
                })
                .exceptionally(failure -> {
                    LOG.warn("Task {} could not be redelivered: {}", id, failure.getMessage());
                    return null;
                });
    }

    private void leaveWindow(TaskId id, TaskState state) {
        window.end(
                id,
                state == null ? TaskState.CANCELLED : state,
                null,
                OptionalInt.empty(),
                Duration.ZERO,
                false,
                null,
                false);
    }

    private void cancelHeld(Queue queue, String instance) {
        List<TaskId> held = Stages.await(window.held(queue.number(), instance), PATIENCE_SECONDS);
        List<CompletionStage<Boolean>> cancelled = held.stream()
                .map(id -> tasks.cancel(id, "The server that held its caller is gone", false))
                .toList();
        Stages.await(Stages.all(cancelled), PATIENCE_SECONDS);
    }

    private void settleOwed(Queue queue) {
        for (TaskId id : Stages.await(window.owed(queue.number()), PATIENCE_SECONDS)) {
            window.find(id)
                    .thenAccept(found -> found.ifPresentOrElse(
                            task -> tasks.settle(id, task.specification(), task.result()), () -> window.settled(id)));
        }
    }

    private void forgetOldOnline(Queue queue) {
        long oldest =
                clock.millis() - onlineRetention.toMillis() - Duration.ofDays(1).toMillis();
        window.forgetOnline(queue.number(), oldest * 1000);
    }

    /** One step of a walk over the open rows of a level: those that Redis lacks come back. */
    private void mendWindow(Takes.ReadyLevel level) {
        long after = swept.getOrDefault(level, 0L);
        long settled = (clock.millis() - SETTLED.toMillis()) * 1000;
        List<TaskTable.Place> places = table.open(level.queue(), level.level().value(), after, settled, SWEEP_ROWS);
        if (places.isEmpty()) {
            swept.remove(level);
            return;
        }
        swept.put(
                level,
                places.size() < SWEEP_ROWS ? 0L : places.get(places.size() - 1).accepted());
        List<TaskId> missing = List.copyOf(Stages.await(
                window.missing(places.stream().map(TaskTable.Place::id).toList()), PATIENCE_SECONDS));
        for (int from = 0; from < missing.size(); from += PAYLOADS_AT_ONCE) {
            // Read again: since then a task may have ended and left.
            List<StoredTask> back =
                    table.stillOpen(missing.subList(from, Math.min(missing.size(), from + PAYLOADS_AT_ONCE)));
            if (!back.isEmpty()) {
                LOG.warn("{} tasks of queue {} were missing in Redis and come back", back.size(), level.queue());
                Stages.await(window.add(level.queue(), back, true), PATIENCE_SECONDS);
            }
        }
    }

    /** One step of a walk over what waits at a level: what has ended all the same leaves. */
    private void clearWindow(Takes.ReadyLevel level) {
        int from = cleared.getOrDefault(level, 0);
        List<TaskId> ids = Stages.await(window.ready(level.queue(), level.level(), from, SWEEP_ROWS), PATIENCE_SECONDS);
        cleared.put(level, ids.size() < SWEEP_ROWS ? 0 : from + ids.size());
        Map<TaskId, TaskState> states = table.states(ids);
        for (TaskId id : ids) {
            TaskState state = states.get(id);
            if (state == null || state.isFinal()) {
                leaveWindow(id, state);
            }
        }
    }
}
