package io.carillon.stream;

import io.carillon.platform.concurrent.Stages;
import io.carillon.task.Completion;
import io.carillon.task.ResponseMode;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * What workers' events do to the callers of this instance. An event counts only while a worker has the task, and a completion
 * ends the task in the engine before its caller is told; then the engine's word holds, not the event's.
 *
 * <p>The events of one task take effect in the order in which they came over the stream. Safe for many threads.
 */
public class WorkerEvents {
    private final String me;
    private final Callers callers;
    private final Engine engine;
    private final EventBus bus;
    private final Standings standings;
    private final ScheduledExecutorService scheduler;
    private final LongAdder dropped = new LongAdder();

    WorkerEvents(
            String me,
            Callers callers,
            Engine engine,
            EventBus bus,
            Standings standings,
            ScheduledExecutorService scheduler) {
        this.me = me;
        this.callers = callers;
        this.engine = engine;
        this.bus = bus;
        this.standings = standings;
        this.scheduler = scheduler;
    }

    /** How many events were dropped because nobody waits for them or no worker has their task. */
    public long dropped() {
        return dropped.sum();
    }

    /**
     * Takes a worker's progress over HTTP: kept with the task, shown to those who watch it, and sent to the caller of a
     * streaming task, on whichever instance that waits.
     *
     * @param attempt the attempt that it is of, when the worker says it
     */
    public CompletionStage<Completion> progress(TaskId id, OptionalInt attempt, Progress progress) {
        CompletionStage<Completion> kept = engine.progress(id, attempt, progress.json());
        if (id.mode() != ResponseMode.STREAMING) {
            return kept;
        }
        return kept.thenCompose(completion -> {
            if (completion != Completion.ACCEPTED) {
                return CompletableFuture.completedFuture(completion);
            }
            BusEvent event = new BusEvent.Progressed(id.text(), OptionalInt.empty(), progress, true);
            return holder(id)
                    .thenCompose(holder -> holder.isEmpty()
                            ? CompletableFuture.<Void>completedFuture(null)
                            : bus.forward(holder, event))
                    .thenApply(sent -> completion);
        });
    }

    /** What the event bus tells, in order; completes when all of it is on its way in that order. */
    CompletionStage<Void> told(List<BusEvent> events) {
        Map<Integer, Set<String>> toCheck = new HashMap<>();
        for (BusEvent event : events) {
            Waiting caller = callers.waiting(event.task());
            if (caller != null && (!caller.leased || event.attempt().isPresent())) {
                toCheck.computeIfAbsent(caller.id.queue(), queue -> new LinkedHashSet<>())
                        .add(event.task());
            }
        }
        return standings
                .of(toCheck)
                .handle((standings, failure) -> {
                    if (failure == null) {
                        events.forEach(event -> apply(event, standings.get(event.task())));
                        return CompletableFuture.<Void>completedFuture(null);
                    }
                    // The events are off the stream; without Redis nothing else happens anyway.
                    return callers.isStopping()
                            ? CompletableFuture.<Void>completedFuture(null)
                            : later(() -> told(events));
                })
                .thenCompose(stage -> stage);
    }

    private void apply(BusEvent event, Standings.Standing standing) {
        Waiting caller = callers.waiting(event.task());
        if (caller == null || caller.ending || !counts(event, caller, standing)) {
            dropped.increment();
            return;
        }
        if (event instanceof BusEvent.Progressed progressed) {
            apply(progressed, caller);
        } else {
            apply((BusEvent.Completed) event, caller, standing);
        }
    }

    private static boolean counts(BusEvent event, Waiting caller, Standings.Standing standing) {
        if (event instanceof BusEvent.Progressed progressed && progressed.kept()) {
            return true;
        }
        if (standing == null) {
            return caller.leased;
        }
        if (event.attempt().isPresent() && event.attempt().getAsInt() < standing.attempt()) {
            return false;
        }
        if (standing.isRunning()) {
            caller.leased = true;
            return true;
        }
        return standing.isFinal();
    }

    private void apply(BusEvent.Progressed event, Waiting caller) {
        caller.progress(event.progress());
        if (!event.kept()) {
            caller.afterwards(() ->
                    engine.progress(caller.id, event.attempt(), event.progress().json()));
        }
    }

    private void apply(BusEvent.Completed event, Waiting caller, Standings.Standing standing) {
        caller.ending = true;
        if (standing != null && standing.isFinal()) {
            settleOrGoOn(caller, caller.afterwards(() -> CompletableFuture.completedFuture(Completion.REFUSED)), event);
        } else {
            settleOrGoOn(
                    caller,
                    caller.afterwards(() -> engine.complete(caller.id, event.attempt(), event.result())),
                    event);
        }
    }

    private void settleOrGoOn(Waiting caller, CompletionStage<Completion> completion, BusEvent.Completed event) {
        completion
                .thenCompose(outcome -> {
                    if (outcome == Completion.ACCEPTED) {
                        callers.settle(caller, TaskState.SUCCEEDED, event.result(), null);
                        return CompletableFuture.completedFuture(true);
                    }
                    return callers.settleFromStore(caller);
                })
                .whenComplete((settled, failure) -> {
                    if (failure == null) {
                        // Too late or of an older attempt: the caller goes on waiting.
                        caller.ending = false;
                    } else if (callers.holds(caller) && !callers.isStopping()) {
                        later(() -> {
                            settleOrGoOn(
                                    caller,
                                    Stages.guarded(() -> engine.complete(caller.id, event.attempt(), event.result())),
                                    event);
                            return CompletableFuture.completedFuture(null);
                        });
                    }
                });
    }

    private CompletionStage<Void> later(Supplier<CompletionStage<Void>> work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            scheduler.schedule(
                    () -> {
                        Stages.guarded(work).whenComplete((nothing, failure) -> done.complete(null));
                    },
                    200,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | IllegalStateException shuttingDown) {
            done.complete(null);
        }
        return done;
    }

    private CompletionStage<String> holder(TaskId id) {
        if (callers.waiting(id.text()) != null) {
            return CompletableFuture.completedFuture(me);
        }
        return standings.of(Map.of(id.queue(), Set.of(id.text()))).thenApply(standings -> Optional.ofNullable(
                        standings.get(id.text()))
                .map(Standings.Standing::instance)
                .orElse(""));
    }
}
