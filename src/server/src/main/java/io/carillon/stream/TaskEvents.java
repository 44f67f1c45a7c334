package io.carillon.stream;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.task.Keys;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import io.carillon.task.Tasks.Watched;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows what happens to a task to those who watch it: the state now, then every change and progress in order, until the
 * task has ended. Works for any task and on any instance, because Redis keeps the record while somebody watches.
 *
 * <p>Each event's id is its place in that record, so a client that comes back says where it was and misses nothing that is
 * still there: the record lives ten minutes longer than the last watcher and has some 2,000 events.
 *
 * <p>No thread waits: Redis publishes the ids of tasks whose record grew, and each watcher then reads on from where it is;
 * however many changes come meanwhile, that is one read at a time. A lost message costs five seconds. Safe for many threads.
 */
public class TaskEvents {
    private static final Logger LOG = LoggerFactory.getLogger(TaskEvents.class);
    private static final Script CHANGES = Script.named("changes");
    private static final String CHANNEL = "carillon:changed";
    private static final Pattern EVENT_ID = Pattern.compile("\\d{1,19}-\\d{1,19}");
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final int MOST = 500;
    private static final int NO_CONTENT = 204;

    private final Function<TaskId, CompletionStage<Optional<Watched>>> watch;
    private final Scripts scripts;
    private final RTopic channel;
    private final Executor executor;
    private final ScheduledExecutorService scheduler;
    private final Map<String, List<Watcher>> watchers = new ConcurrentHashMap<>();
    private final List<ScheduledFuture<?>> ticks = new ArrayList<>();
    private CompletionStage<Integer> subscription;

    /** @param watch begins the record of a task; see {@link io.carillon.task.Tasks#watch} */
    TaskEvents(
            Function<TaskId, CompletionStage<Optional<Watched>>> watch,
            RedissonClient redis,
            Scripts scripts,
            Executor executor,
            ScheduledExecutorService scheduler) {
        this.watch = watch;
        this.scripts = scripts;
        this.channel = redis.getTopic(CHANNEL, StringCodec.INSTANCE);
        this.executor = executor;
        this.scheduler = scheduler;
    }

    /**
     * Sends the events of a task until it has ended or the client has gone.
     *
     * @param lastSeen the id of the last event that the client got on an earlier connection; anything else than such an id
     *     counts as none
     * @param errors the status and the body that the API gives to a refusal: UNKNOWN, UNAVAILABLE
     */
    public void stream(TaskId id, Optional<String> lastSeen, EventStream out, Function<Refused, CallerAnswer> errors) {
        Watcher watcher = new Watcher(
                id, lastSeen.filter(text -> EVENT_ID.matcher(text).matches()).orElse(null), out, errors);
        out.onGone(() -> leave(watcher));
        subscribe()
                // A change between the first look and the subscription would be missed.
                .handle((listening, failure) -> null)
                .thenCompose(nothing -> watch.apply(id))
                .whenComplete((watched, failure) -> onExecutor(() -> {
                    if (failure != null) {
                        watcher.refuse(failure);
                    } else if (watched.isEmpty()) {
                        watcher.refuse(new Refused(Reason.UNKNOWN, "There is no task " + id, "task_id"));
                    } else {
                        watchers.computeIfAbsent(id.text(), key -> new CopyOnWriteArrayList<>())
                                .add(watcher);
                        watcher.begin(watched.get());
                        if (out.isOver()) {
                            leave(watcher);
                        }
                    }
                }));
    }

    /** How many clients watch tasks here. */
    public int watching() {
        return watchers.values().stream().mapToInt(List::size).sum();
    }

    private void leave(Watcher watcher) {
        watchers.computeIfPresent(watcher.id.text(), (id, all) -> {
            all.remove(watcher);
            return all.isEmpty() ? null : all;
        });
    }

    private synchronized CompletionStage<Integer> subscribe() {
        if (subscription == null || subscription.toCompletableFuture().isCompletedExceptionally()) {
            subscription = channel.addListenerAsync(String.class, (name, id) -> changed(id));
        }
        return subscription;
    }

    private synchronized void unsubscribeWhenIdle() {
        if (subscription == null
                || !watchers.isEmpty()
                || !subscription.toCompletableFuture().isDone()) {
            return;
        }
        if (!subscription.toCompletableFuture().isCompletedExceptionally()) {
            channel.removeListenerAsync(subscription.toCompletableFuture().join());
        }
        subscription = null;
    }

    private void changed(String id) {
        List<Watcher> all = watchers.get(id);
        if (all != null) {
            all.forEach(Watcher::read);
        }
    }

    void start() {
        ticks.add(
                scheduler.scheduleWithFixedDelay(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS));
        ticks.add(
                scheduler.scheduleWithFixedDelay(this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS));
    }

    void stop() {
        ticks.forEach(tick -> tick.cancel(false));
        all().forEach(watcher -> watcher.out.end());
        watchers.clear();
        unsubscribeWhenIdle();
    }

    private void tick() {
        long now = System.nanoTime();
        for (Watcher watcher : all()) {
            try {
                watcher.out.tick(now);
            } catch (RuntimeException gone) {
                LOG.debug("A watcher's connection is beyond use: {}", gone.getMessage());
            }
        }
    }

    private void look() {
        try {
            all().forEach(Watcher::read);
            unsubscribeWhenIdle();
        } catch (RuntimeException failure) {
            LOG.warn("Watched tasks were not looked at; trying again: {}", failure.getMessage());
        }
    }

    private List<Watcher> all() {
        return watchers.values().stream().flatMap(List::stream).toList();
    }

    private void onExecutor(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException | IllegalStateException full) {
            work.run();
        }
    }

    private static RawJson state(Task task) {
        String start = "{\"task_id\":" + JsonText.quoted(task.id().text()) + ",\"state\":\""
                + task.state().word() + "\",\"attempt\":" + task.attempt() + ",\"time\":" + time(task);
        return task.progress() == null
                ? RawJson.of(start + "}")
                : Pieces.join(start + ",\"progress\":", task.progress(), "}");
    }

    /** When the task came into its state, as far as that is known, in ms. */
    private static long time(Task task) {
        if (task.state().isFinal()) {
            return task.ended();
        }
        return task.state() == TaskState.RUNNING && task.started() > 0 ? task.started() : task.acceptedMillis();
    }

    private static boolean isFinal(RawJson content) {
        try {
            JsonNode state = Json.mapper().readTree(content.bytes()).get("state");
            return state != null && TaskState.of(state.textValue()).isFinal();
        } catch (IOException | RuntimeException notOurs) {
            return false;
        }
    }

    /** One client and how far it has read. */
    private final class Watcher {
        private final TaskId id;
        private final EventStream out;
        private final Function<Refused, CallerAnswer> errors;
        private final AtomicInteger reasons = new AtomicInteger();
        /** The last event that was sent; null until the first. Only the one read at a time changes it. */
        private volatile String seen;

        private volatile boolean begun;

        Watcher(TaskId id, String seen, EventStream out, Function<Refused, CallerAnswer> errors) {
            this.id = id;
            this.seen = seen;
            this.out = out;
            this.errors = errors;
        }

        void refuse(Throwable failure) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            if (!(cause instanceof Refused)) {
                LOG.error("Task {} cannot be watched", id, failure);
            }
            out.end(errors.apply(
                    cause instanceof Refused refused
                            ? refused
                            : new Refused(Reason.UNAVAILABLE, "The task cannot be watched now; try again")));
        }

        void begin(Watched watched) {
            boolean comesBack = seen != null && !isAfter(seen, watched.newest());
            if (comesBack && watched.task().state().isFinal() && seen.equals(watched.newest())) {
                // It has seen the end; with any other answer a browser would come again and again.
                out.endWith(NO_CONTENT);
                leave(this);
                return;
            }
            if (!comesBack) {
                seen = watched.newest();
                out.send(new Frame(seen, "state", state(watched.task())));
                if (watched.task().state().isFinal()) {
                    end();
                    return;
                }
            }
            begun = true;
            read();
        }

        /** Reads on from where it is, once for however many who ask meanwhile. */
        void read() {
            if (begun && !out.isOver() && reasons.getAndIncrement() == 0) {
                readOn();
            }
        }

        private void readOn() {
            int answered = reasons.get();
            CompletionStage<List<Object>> changes;
            try {
                changes = scripts.list(CHANGES, Keys.queue(id.queue()), id.text(), seen, MOST);
            } catch (RuntimeException shuttingDown) {
                reasons.set(0);
                return;
            }
            changes.whenComplete((rows, failure) -> onExecutor(() -> {
                boolean more = false;
                if (failure == null && Scripts.number(rows.get(0)) == 0) {
                    recordIsLost();
                    return;
                }
                if (failure == null) {
                    more = send(rows);
                }
                if (out.isOver() || !begun) {
                    return;
                }
                if (more || reasons.addAndGet(-answered) > 0) {
                    reasons.compareAndSet(0, 1);
                    readOn();
                }
            }));
        }

        /** Gives whether there may be more to read at once. */
        private boolean send(List<Object> rows) {
            for (int i = 1; i < rows.size(); i += 3) {
                seen = Scripts.text(rows.get(i));
                String kind = Scripts.text(rows.get(i + 1));
                RawJson content = new RawJson((byte[]) rows.get(i + 2));
                out.send(new Frame(seen, kind, content));
                if (kind.equals("state") && isFinal(content)) {
                    end();
                    return false;
                }
            }
            return rows.size() >= 3 * MOST;
        }

        /** Redis has lost the record: begin another, with the state now. */
        private void recordIsLost() {
            begun = false;
            reasons.set(0);
            watch.apply(id)
                    .whenComplete((watched, failure) -> onExecutor(() -> {
                        if (failure != null || watched.isEmpty()) {
                            refuse(
                                    failure != null
                                            ? failure
                                            : new Refused(Reason.UNKNOWN, "Task " + id + " is gone", "task_id"));
                            leave(this);
                        } else {
                            seen = null;
                            begin(watched.get());
                        }
                    }));
        }

        private void end() {
            begun = false;
            out.end();
            leave(this);
        }

        private boolean isAfter(String one, String other) {
            long[] a = parts(one);
            long[] b = parts(other);
            return a[0] != b[0] ? a[0] > b[0] : a[1] > b[1];
        }

        private long[] parts(String text) {
            int dash = text.indexOf('-');
            try {
                return new long[] {Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1))};
            } catch (NumberFormatException tooLarge) {
                return new long[] {Long.MAX_VALUE, 0};
            }
        }
    }
}
