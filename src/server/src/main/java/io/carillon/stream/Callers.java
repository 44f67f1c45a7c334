package io.carillon.stream;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.concurrent.Ticks;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.task.NewTask;
import io.carillon.task.Task;
import io.carillon.task.TaskEnded;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The callers of this instance who wait in their HTTP request for the end of a task, without a thread. Contract:
 * bella-queue 7.2 and 7.3.
 *
 * <p>A caller is here before the task can be taken, so no worker is too fast. From then on there are four ways to its
 * answer, and whichever comes first removes the caller from here and answers: the engine says that the task ended on this
 * instance; an event on this instance's stream says so; its time is over; and each five seconds the task's state is looked
 * at, so that a lost event costs seconds and not the answer. Whatever way it was, the engine has decided first: a caller is
 * told of a result only when that is the task's end, and of a timeout only when the task has no other. Only one who hangs up
 * is let go before the engine decides.
 *
 * <p>What workers' events do is in {@link WorkerEvents}. Their progress comes over the stream. So the end of a streaming task goes that way too, even when it is known here
 * already: then it cannot overtake the progress. Safe for many threads.
 */
public class Callers {
    private static final Logger LOG = LoggerFactory.getLogger(Callers.class);
    private static final Duration TICK = Duration.ofMillis(25);
    private static final Duration STREAM_TICK = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final RawJson NOTHING = RawJson.of("{}");

    private final String me;
    private final Engine engine;
    private final EventBus bus;
    private final Standings standings;
    private final Executor executor;
    private final ScheduledExecutorService scheduler;
    private final int most;

    private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Due, Waiting> byDeadline = new ConcurrentSkipListMap<>();
    private final AtomicInteger held = new AtomicInteger();
    private final List<Ticks> ticks = new ArrayList<>();
    private volatile boolean stopping;

    private record Due(long deadline, String id) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            long difference = deadline - other.deadline;
            return difference != 0 ? Long.signum(difference) : id.compareTo(other.id);
        }
    }

    /** @param most how many callers may wait here at once */
    Callers(
            String me,
            Engine engine,
            EventBus bus,
            Standings standings,
            Executor executor,
            ScheduledExecutorService scheduler,
            int most) {
        this.me = me;
        this.engine = engine;
        this.bus = bus;
        this.standings = standings;
        this.executor = executor;
        this.scheduler = scheduler;
        this.most = most;
    }

    /**
     * Puts a blocking task and waits for its end, at most for the task's life.
     *
     * @param task of response mode blocking; this instance's name is added here
     * @return the worker's answer, on a thread of the managed executor. Fails with {@link Refused}: FULL when too many
     *     callers wait here or too many tasks in the queue, TIMEOUT when there is no answer in time, {@link TaskCancelled},
     *     UNAVAILABLE
     */
    public CompletionStage<CallerAnswer> block(NewTask task) {
        return block(task, () -> {});
    }

    /**
     * As {@link #block(NewTask)}.
     *
     * @param left called once, whether it was answered, refused or hung up: when this caller waits no more; quick
     */
    public CompletionStage<CallerAnswer> block(NewTask task, Runnable left) {
        Waiting.Blocking caller = new Waiting.Blocking(task, System.nanoTime(), left);
        try {
            hold(caller, task);
        } catch (Refused full) {
            return CompletableFuture.failedFuture(full);
        }
        return caller.answer;
    }

    /**
     * Puts a streaming task and sends its progress and its end to the client. What {@link #block} fails with is shown to the
     * client, by the HTTP status as long as nothing was sent.
     *
     * @param task of response mode streaming; this instance's name is added here
     * @param errors the body, and the status, that the API gives to a refusal
     */
    public void stream(NewTask task, EventStream out, Function<Refused, CallerAnswer> errors) {
        stream(task, out, errors, () -> {});
    }

    /**
     * As {@link #stream(NewTask, EventStream, Function)}.
     *
     * @param left called once, whether it got its end or hung up: when this caller waits no more; quick
     */
    public void stream(NewTask task, EventStream out, Function<Refused, CallerAnswer> errors, Runnable left) {
        Waiting.Streaming caller = new Waiting.Streaming(task, System.nanoTime(), out, errors, left);
        try {
            hold(caller, task);
        } catch (Refused full) {
            caller.refuse(full);
            return;
        }
        out.onGone(() -> hangUp(task.id()));
    }

    /** How many callers wait here. */
    public int held() {
        return held.get();
    }

    /**
     * The caller of that task has hung up: nobody wants the result, so the task is cancelled, if its queue likes that. One
     * that blocks is refused at once, which ends its request.
     */
    public void hangUp(TaskId id) {
        Waiting caller = waiting.get(id.text());
        if (caller == null) {
            return;
        }
        caller.hungUp = true;
        if (remove(caller)) {
            LOG.debug("The caller of task {} hung up", id);
            abandon(id);
            // A stream was ended by whoever noticed.
            if (!caller.isStreaming()) {
                refuseSoon(caller, TaskCancelled.byHangingUp(id));
            }
        }
    }

    /** Learns that a task ended by what this instance did. Quick, and never throws. */
    void ended(TaskEnded end) {
        if (end.instance() == null || end.instance().isEmpty()) {
            return;
        }
        if (!end.instance().equals(me)) {
            tellOfEnd(end.instance(), end.id());
            return;
        }
        Waiting caller = waiting.get(end.id().text());
        if (caller == null || caller.ending) {
            return;
        }
        // A timeout and a cancellation need no place after the progress that workers sent.
        if (caller.isStreaming() && end.state() != TaskState.TIMEOUT && end.state() != TaskState.CANCELLED) {
            tellOfEnd(me, end.id());
            return;
        }
        settle(caller, end.state(), end.result(), null);
    }

    /** The event carries no result: whoever gets it looks at what the engine has. */
    private void tellOfEnd(String instance, TaskId id) {
        bus.forward(instance, new BusEvent.Completed(id.text(), OptionalInt.empty(), NOTHING))
                .exceptionally(failure -> {
                    LOG.debug("Instance {} finds out by itself that task {} ended", instance, id);
                    return null;
                });
    }

    private void hold(Waiting caller, NewTask task) {
        if (stopping) {
            caller.left.run();
            throw new Refused(Reason.UNAVAILABLE, "The server is stopping; try again");
        }
        if (held.incrementAndGet() > most) {
            held.decrementAndGet();
            caller.left.run();
            throw new Refused(
                    Reason.FULL,
                    "This server holds " + most + " callers already; try again later",
                    null,
                    Duration.ofSeconds(1));
        }
        // Before the put: a worker may be done before it returns.
        waiting.put(caller.id.text(), caller);
        byDeadline.put(due(caller), caller);
        NewTask mine = task.heldBy(me);
        CompletionStage<Void> put;
        try {
            put = engine.put(mine);
        } catch (RuntimeException failure) {
            put = CompletableFuture.failedFuture(failure);
        }
        put.whenComplete((done, failure) -> {
            if (failure == null) {
                caller.put = true;
                // It hung up, or its time was over, before the task was there to be ended. Ended tasks stay as they
                // are.
                if (!holds(caller) && !caller.ended) {
                    endUnwanted(caller, "Nobody waits any more");
                }
                return;
            }
            if (remove(caller)) {
                refuseSoon(caller, refusal(failure));
            }
            // Redis may have done it although the answer was lost.
            if (!caller.ended) {
                endUnwanted(caller, "The put failed");
            }
        });
    }

    private void endUnwanted(Waiting caller, String why) {
        if (caller.hungUp) {
            abandon(caller.id);
        } else {
            cancel(caller.id, why);
        }
    }

    /** Who waits for that task here, or null. */
    Waiting waiting(String task) {
        return waiting.get(task);
    }

    boolean holds(Waiting caller) {
        return waiting.get(caller.id.text()) == caller;
    }

    boolean isStopping() {
        return stopping;
    }

    private static Due due(Waiting caller) {
        return new Due(caller.deadline, caller.id.text());
    }

    /** Whoever removes the caller answers it; nobody else may. */
    private boolean remove(Waiting caller) {
        if (!waiting.remove(caller.id.text(), caller)) {
            return false;
        }
        byDeadline.remove(due(caller));
        held.decrementAndGet();
        caller.left.run();
        return true;
    }

    /** Tells the caller how its task ended, on another thread. */
    void settle(Waiting caller, TaskState state, RawJson result, String error) {
        caller.ended = true;
        if (!remove(caller)) {
            return;
        }
        onExecutor(() -> {
            switch (state) {
                case CANCELLED -> caller.refuse(new TaskCancelled(caller.id));
                case TIMEOUT -> caller.refuse(timeout(caller));
                default ->
                    caller.answer(
                            result == null
                                    ? CallerAnswer.failed(error == null || error.isEmpty() ? "The task failed" : error)
                                    : CallerAnswer.of(result));
            }
        });
    }

    /** Tells the caller how its task ended, from what the engine has; gives whether it has ended. */
    CompletionStage<Boolean> settleFromStore(Waiting caller) {
        return engine.find(caller.id).thenApply(found -> {
            if (found.isEmpty() || !found.get().state().isFinal()) {
                return false;
            }
            Task task = found.get();
            settle(caller, task.state(), task.result(), task.error());
            return true;
        });
    }

    private static Refused timeout(Waiting caller) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(caller.deadline - caller.since);
        return new Refused(Reason.TIMEOUT, "Task " + caller.id + " has no result after " + seconds + " s");
    }

    private void refuseSoon(Waiting caller, Refused why) {
        onExecutor(() -> caller.refuse(why));
    }

    /** Callers are answered on other threads than Redis's, for that may block. */
    private void onExecutor(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException | IllegalStateException full) {
            work.run();
        }
    }

    private void abandon(TaskId id) {
        cancelled(id, Stages.guarded(() -> engine.abandon(id, "The caller hung up")));
    }

    private void cancel(TaskId id, String why) {
        cancelled(id, Stages.guarded(() -> engine.cancel(id, why)));
    }

    private static void cancelled(TaskId id, CompletionStage<Boolean> cancelled) {
        cancelled.exceptionally(failure -> {
            LOG.debug("Task {} was not cancelled: {}", id, cause(failure).getMessage());
            return false;
        });
    }

    void start() {
        every(TICK, this::timeOut);
        every(STREAM_TICK, this::tickStreams);
        every(LOOK, this::look);
    }

    private void every(Duration period, Runnable work) {
        ticks.add(Ticks.start(scheduler, "The look after waiting callers", period, period, work));
    }

    /** Ends what waits, so that nobody waits for a server that is gone. */
    void stop() {
        stopping = true;
        ticks.forEach(Ticks::stop);
        List<CompletableFuture<?>> cancelled = new ArrayList<>();
        for (Waiting caller : List.copyOf(waiting.values())) {
            if (remove(caller)) {
                cancelled.add(Stages.guarded(() -> engine.cancel(caller.id, "The server is stopping"))
                        .toCompletableFuture());
                caller.refuse(new Refused(Reason.UNAVAILABLE, "The server is stopping; try again"));
            }
        }
        try {
            CompletableFuture.allOf(cancelled.toArray(CompletableFuture[]::new)).get(3, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException unreachable) {
            LOG.debug("Other instances cancel what this one held");
        }
    }

    void timeOut() {
        long now = System.nanoTime();
        for (Map.Entry<Due, Waiting> first = byDeadline.firstEntry();
                first != null && first.getKey().deadline() - now <= 0;
                first = byDeadline.firstEntry()) {
            byDeadline.remove(first.getKey());
            timeOut(first.getValue());
        }
    }

    private void timeOut(Waiting caller) {
        Stages.guarded(() -> engine.timeOut(caller.id, "No result in time"))
                .thenCompose(
                        byThisCall -> byThisCall ? CompletableFuture.completedFuture(false) : settleFromStore(caller))
                .whenComplete((settled, failure) -> {
                    if ((failure != null || !settled) && remove(caller)) {
                        refuseSoon(caller, timeout(caller));
                    }
                });
    }

    private void tickStreams() {
        long now = System.nanoTime();
        for (Waiting caller : waiting.values()) {
            if (caller instanceof Waiting.Streaming streaming) {
                streaming.out.tick(now);
            }
        }
    }

    /** Looks how the tasks of those stand who have waited for a while. */
    CompletionStage<Void> look() {
        long before = System.nanoTime() - LOOK.toNanos();
        Map<Integer, Set<String>> old = new HashMap<>();
        for (Waiting caller : waiting.values()) {
            if (caller.put && !caller.ending && caller.since - before < 0) {
                old.computeIfAbsent(caller.id.queue(), queue -> new LinkedHashSet<>())
                        .add(caller.id.text());
            }
        }
        return standings
                .of(old)
                .thenAccept(standings -> standings.forEach((id, standing) -> {
                    Waiting caller = waiting.get(id);
                    if (caller == null || caller.ending) {
                        return;
                    }
                    if (!standing.isKnown()) {
                        if (remove(caller)) {
                            refuseSoon(
                                    caller,
                                    new Refused(Reason.UNAVAILABLE, "Task " + id + " was lost with Redis; try again"));
                        }
                    } else if (standing.isFinal()) {
                        if (caller.isStreaming()) {
                            tellOfEnd(me, caller.id);
                        } else {
                            settleFromStore(caller);
                        }
                    }
                }))
                .exceptionally(failure -> {
                    LOG.debug(
                            "Could not look at waiting tasks: {}",
                            cause(failure).getMessage());
                    return null;
                });
    }

    private static Refused refusal(Throwable failure) {
        if (cause(failure) instanceof Refused refused) {
            return refused;
        }
        LOG.error("A task with a waiting caller could not be put", failure);
        return new Refused(Reason.UNAVAILABLE, "The task could not be put; try again");
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
