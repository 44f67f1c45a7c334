package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.concurrent.Ticks;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what time brings: tasks that are due, leases that ran out, tasks whose life is over, callers whose instance died;
 * and has the {@link Sweep} mend what a crash left between MariaDB and Redis. Every step may be done by several instances
 * at once and again after a crash: each is decided by one script or one transaction.
 */
public class Reaper {
    private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);
    private static final int AT_ONCE = 1000;
    private static final int TIMES_AT_ONCE = 10;
    private static final long PATIENCE_SECONDS = 10;
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration SWEEP_TICK = Duration.ofSeconds(5);
    private static final long SHORTEST_WAIT_MILLIS = 10;
    private static final int QUEUES_AT_ONCE = 500;

    private final Queues queues;
    private final Window window;
    private final Contents contents;
    private final TaskTable table;
    private final Tasks tasks;
    private final Leases leases;
    private final AttemptRecords records;
    private final Sweep sweep;
    private final BusyQueues busy;
    private final Executor executor;
    private final ScheduledExecutorService scheduler;
    private final Set<Integer> soonDue = ConcurrentHashMap.newKeySet();
    private final List<Ticks> ticks = new ArrayList<>();
    private long looks;
    private CompletionStage<?> timingOut = CompletableFuture.completedFuture(null);

    Reaper(
            Queues queues,
            Window window,
            Contents contents,
            TaskTable table,
            Tasks tasks,
            Leases leases,
            AttemptRecords records,
            Sweep sweep,
            BusyQueues busy,
            Executor executor,
            ScheduledExecutorService scheduler) {
        this.queues = queues;
        this.window = window;
        this.contents = contents;
        this.table = table;
        this.tasks = tasks;
        this.leases = leases;
        this.records = records;
        this.sweep = sweep;
        this.busy = busy;
        this.executor = executor;
        this.scheduler = scheduler;
    }

    /** The first look comes a little later: a worker whose server restarts may still be about to answer. */
    public void start() {
        ticks.add(Ticks.start(scheduler, "The reaper", TICK.multipliedBy(2), TICK, this::runOnce));
        ticks.add(Ticks.start(scheduler, "The sweep", TICK.multipliedBy(2), SWEEP_TICK, this::sweepOnce));
    }

    public void stop() {
        ticks.forEach(Ticks::stop);
    }

    /** The callers that an instance held are gone with it: what they waited for is cancelled. */
    public CompletionStage<Void> cancelHeld(String instance) {
        return CompletableFuture.runAsync(() -> queues.all().forEach(queue -> cancelHeld(queue, instance)), executor);
    }

    /** Every step is tried, though one before it failed: an outage of one store must not stop what needs the other only. */
    void runOnce() {
        Steps steps = new Steps();
        long look = looks++;
        List<Queue> known = List.copyOf(queues.known());
        steps.run(() -> reap(
                known.stream().filter(queue -> busy.isDue(queue.number(), look)).toList()));
        steps.run(() -> endExpired(known));
        steps.end();
    }

    /** Takes longer than {@link #runOnce}, which must not wait for it. */
    void sweepOnce() {
        Steps steps = new Steps();
        steps.run(queues::refresh);
        steps.run(sweep::runOnce);
        steps.end();
    }

    /** Of offline tasks, for Redis does not know when they expire: those of queues that are idle there too. */
    private void endExpired(List<Queue> all) {
        if (!timingOut.toCompletableFuture().isDone()) {
            // Those would be found again.
            return;
        }
        Steps steps = new Steps();
        List<CompletionStage<Boolean>> ended = new ArrayList<>();
        for (int from = 0; from < all.size(); from += QUEUES_AT_ONCE) {
            List<Integer> some = all.subList(from, Math.min(all.size(), from + QUEUES_AT_ONCE)).stream()
                    .map(Queue::number)
                    .toList();
            steps.run(() -> ended.addAll(timeOut(table.expired(some, AT_ONCE))));
        }
        timingOut = Stages.all(ended).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.warn("Tasks that have expired cannot be ended yet: {}", failure.getMessage());
            }
        });
        steps.end();
    }

    private List<CompletionStage<Boolean>> timeOut(List<TaskId> expired) {
        return expired.stream()
                .map(id -> tasks.timeOut(id, "Expired: nobody completed it within its timeout"))
                .toList();
    }

    private void reap(List<Queue> all) {
        Steps steps = new Steps();
        for (int from = 0; from < all.size(); from += QUEUES_AT_ONCE) {
            List<Queue> some = all.subList(from, Math.min(all.size(), from + QUEUES_AT_ONCE));
            List<CompletionStage<Window.Lapsed>> asked =
                    some.stream().map(queue -> look(queue.number())).toList();
            for (int i = 0; i < asked.size(); i++) {
                int queue = some.get(i).number();
                CompletionStage<Window.Lapsed> answer = asked.get(i);
                steps.run(() -> reap(queue, Stages.await(answer, PATIENCE_SECONDS), TIMES_AT_ONCE));
            }
        }
        steps.end();
    }

    private CompletionStage<Window.Lapsed> look(int queue) {
        long times = busy.times(queue);
        return window.lapsed(queue, AT_ONCE).thenApply(lapsed -> {
            busy.looked(queue, times, lapsed.idle());
            return lapsed;
        });
    }

    private void reap(int queue, Window.Lapsed lapsed, int times) {
        Map<Boolean, List<TaskId>> byHome =
                lapsed.leases().keySet().stream().collect(Collectors.partitioningBy(TaskId::isOnline));
        // First what Redis decides alone.
        List<CompletionStage<?>> ended = new ArrayList<>(timeOut(lapsed.expired()));
        byHome.get(true).forEach(id -> ended.add(lapse(id, lapsed.leases().get(id))));
        Steps steps = new Steps();
        steps.run(() -> {
            Map<TaskId, TaskState> states = table.states(byHome.get(false));
            byHome.get(false)
                    .forEach(id -> ended.add(
                            lapseOffline(id, states.get(id), lapsed.leases().get(id))));
        });
        if (lapsed.unwritten()) {
            records.writeSoon(queue);
        }
        wakeWhenDue(queue, lapsed.dueIn());
        steps.run(() -> Stages.await(
                CompletableFuture.allOf(
                        ended.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new)),
                PATIENCE_SECONDS));
        steps.end();
        if (times > 1 && (lapsed.leases().size() == AT_ONCE || lapsed.expired().size() == AT_ONCE)) {
            reap(queue, Stages.await(window.lapsed(queue, AT_ONCE), PATIENCE_SECONDS), times - 1);
        }
    }

    /** A worker may have answered in time although Redis does not know it. */
    private CompletionStage<?> lapseOffline(TaskId id, TaskState state, int attempt) {
        return state == null || state.isFinal() ? sweep.leaveWindow(id, state) : lapse(id, attempt);
    }

    private CompletionStage<?> lapse(TaskId id, int attempt) {
        return leases.lapse(id, attempt).exceptionally(failure -> {
            LOG.warn("Task {} could not be redelivered: {}", id, failure.getMessage());
            return null;
        });
    }

    /** What is due before the next tick does not wait for it. */
    private void wakeWhenDue(int queue, long in) {
        if (in >= 0 && in < TICK.toMillis() && soonDue.add(queue)) {
            scheduler.schedule(
                    () -> {
                        soonDue.remove(queue);
                        window.lapsed(queue, 1).thenAccept(next -> wakeWhenDue(queue, next.dueIn()));
                    },
                    Math.max(in, SHORTEST_WAIT_MILLIS),
                    TimeUnit.MILLISECONDS);
        }
    }

    private void cancelHeld(Queue queue, String instance) {
        List<TaskId> held = Stages.await(contents.held(queue.number(), instance), PATIENCE_SECONDS);
        List<CompletionStage<Boolean>> cancelled = held.stream()
                .map(id -> tasks.cancel(id, "The server that held its caller is gone", false))
                .toList();
        Stages.await(Stages.all(cancelled), PATIENCE_SECONDS);
    }
}
