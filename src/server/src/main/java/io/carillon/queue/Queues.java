package io.carillon.queue;

import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registered queues and their settings. MariaDB has them; each instance remembers those that it has seen, for a
 * queue's name, number and endpoint never change. That a queue does not exist is never remembered, so a queue is there for
 * all instances as soon as it is registered. Safe for many threads.
 *
 * <p>A change of settings is committed first. Then a script brings it to Redis, where the other scripts obey it from that
 * moment on, and tells all instances, which read the row again. Should the server or Redis fail in between, {@link
 * SettingsRepair} does the rest a few seconds later: changes are counted in the row and in the copy, and the higher count
 * wins everywhere.
 */
public class Queues {
    private static final Logger LOG = LoggerFactory.getLogger(Queues.class);
    private static final Duration COPY_PATIENCE = Duration.ofSeconds(3);
    private static final int COPIES_AT_ONCE = 100;

    private final QueueRows rows;
    private final SettingsCopy copy;
    private final Clock clock;
    private final Map<QueueName, Queue> byName = new ConcurrentHashMap<>();
    private final Map<Integer, Queue> byNumber = new ConcurrentHashMap<>();

    Queues(QueueRows rows, SettingsCopy copy, Clock clock) {
        this.rows = rows;
        this.copy = copy;
        this.clock = clock;
    }

    /**
     * Registers a queue; once more with the same endpoint is fine, so that workers can do it at every start.
     *
     * @param by the public id of the caller's key
     * @throws Refused ({@link Reason#CONFLICT}) when it is registered for another endpoint
     */
    public Queue register(QueueName name, String endpoint, String by) {
        Queue queue = find(name).orElseGet(() -> insert(name, endpoint, by));
        if (!queue.endpoint().equals(endpoint)) {
            throw new Refused(
                    Reason.CONFLICT,
                    "Queue " + name.text() + " is registered for endpoint " + queue.endpoint()
                            + "; use that endpoint or another name",
                    "endpoint");
        }
        return queue;
    }

    private Queue insert(QueueName name, String endpoint, String by) {
        try {
            Queue queue = remember(rows.insert(name, endpoint, by, clock.millis()));
            LOG.info("Queue {} was registered for {} by key {}", name, endpoint, by);
            return queue;
        } catch (DatabaseFailure failure) {
            // Somebody else was first.
            return find(name).orElseThrow(() -> failure);
        }
    }

    public Optional<Queue> find(QueueName name) {
        Queue known = byName.get(name);
        return known != null ? Optional.of(known) : rows.find(name).map(this::remember);
    }

    /** @throws Refused ({@link Reason#UNKNOWN}) when there is no such queue */
    public Queue get(QueueName name) {
        return find(name).orElseThrow(() -> unknown(name));
    }

    /**
     * The queue as it is on disk now: a change on another instance is told to this one a moment later.
     *
     * @throws Refused ({@link Reason#UNKNOWN}) when there is no such queue
     */
    public Queue read(QueueName name) {
        return rows.find(name).map(this::remember).orElseThrow(() -> unknown(name));
    }

    /**
     * The queue for a new task. Every put asks here, whatever dialect it comes in.
     *
     * @throws Refused {@link Reason#UNKNOWN} when there is no such queue
     * @throws QueueDrains when it accepts no new tasks
     */
    public Queue open(QueueName name) {
        Queue queue = get(name);
        if (queue.settings().draining()) {
            throw new QueueDrains(name);
        }
        return queue;
    }

    private static Refused unknown(QueueName name) {
        return new Refused(
                Reason.UNKNOWN,
                "Queue " + name.text() + " is not registered; register it with POST /v1/queue/register",
                "queue");
    }

    /**
     * Changes the settings of a queue. When the stage completes the change is on disk, holds on this instance, and unless
     * Redis failed for everybody.
     *
     * @param change gets the settings as they are, gives those that shall be, and may refuse
     * @param by the public id of the caller's key
     * @throws Refused ({@link Reason#UNKNOWN}) when there is no such queue
     */
    public CompletionStage<Queue> change(QueueName name, UnaryOperator<QueueSettings> change, String by) {
        Queue queue = remember(rows.change(name, change, by, clock.millis()).orElseThrow(() -> unknown(name)));
        return copySettings(queue)
                .toCompletableFuture()
                .orTimeout(COPY_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .handle((copied, failure) -> {
                    if (failure != null) {
                        LOG.warn("The settings of queue {} are changed, but not yet in Redis: {}", name, said(failure));
                    } else {
                        LOG.info("The settings of queue {} were set by key {}", name, by);
                    }
                    return queue;
                });
    }

    private static String said(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /**
     * Brings the settings of a queue to Redis unless its copy is as new, for whoever finds that Redis has lost them.
     *
     * @return whether the copy was older; fails with {@link Refused} when Redis does not answer
     */
    public CompletionStage<Boolean> copySettings(Queue queue) {
        return queue.settingsVersion() == 0 ? CompletableFuture.completedStage(false) : copy.write(queue);
    }

    /** Brings to Redis the settings that it missed or lost; blocks. Fails with {@link Refused} when it does not answer. */
    void repairCopies() {
        List<Queue> changed =
                known().stream().filter(queue -> queue.settingsVersion() > 0).toList();
        for (int from = 0; from < changed.size(); from += COPIES_AT_ONCE) {
            List<Queue> some = changed.subList(from, Math.min(changed.size(), from + COPIES_AT_ONCE));
            List<CompletableFuture<Boolean>> written = some.stream()
                    .map(queue -> copySettings(queue).toCompletableFuture())
                    .toList();
            for (int i = 0; i < written.size(); i++) {
                if (written.get(i).join()) {
                    LOG.info(
                            "The settings of queue {} are in Redis now",
                            some.get(i).name());
                }
            }
        }
    }

    /** Those queues that are registered, by name; asks MariaDB once at most. */
    public Map<QueueName, Queue> find(Collection<QueueName> names) {
        List<QueueName> strange =
                names.stream().filter(name -> !byName.containsKey(name)).toList();
        if (!strange.isEmpty()) {
            rows.named(strange).forEach(this::remember);
        }
        Map<QueueName, Queue> found = new HashMap<>();
        names.forEach(name -> Optional.ofNullable(byName.get(name)).ifPresent(queue -> found.put(name, queue)));
        return found;
    }

    /** The queue that a task id names. */
    public Optional<Queue> find(int number) {
        Queue known = byNumber.get(number);
        return known != null ? Optional.of(known) : rows.find(number).map(this::remember);
    }

    /** Those queues that task ids name, by number; asks MariaDB once at most. */
    public Map<Integer, Queue> numbered(Collection<Integer> numbers) {
        List<Integer> strange =
                numbers.stream().filter(number -> !byNumber.containsKey(number)).toList();
        if (!strange.isEmpty()) {
            rows.numbered(strange).forEach(this::remember);
        }
        Map<Integer, Queue> found = new HashMap<>();
        numbers.forEach(
                number -> Optional.ofNullable(byNumber.get(number)).ifPresent(queue -> found.put(number, queue)));
        return found;
    }

    /** Every queue, also those that other instances registered. */
    public List<Queue> all() {
        refresh();
        return known().stream().sorted(Comparator.comparing(Queue::number)).toList();
    }

    /** The queues that this instance has seen so far; asks nobody. */
    public Collection<Queue> known() {
        return byNumber.values();
    }

    /** Learns of queues that other instances registered. */
    public void refresh() {
        rows.all().forEach(this::remember);
    }

    /** Learns what another instance changed; blocks. */
    public void refresh(int number) {
        rows.find(number).ifPresent(this::remember);
    }

    /** Reads may overtake each other, so the one that has seen more changes stays. */
    private Queue remember(Queue queue) {
        Queue newest = byNumber.merge(
                queue.number(), queue, (old, read) -> read.settingsVersion() < old.settingsVersion() ? old : read);
        byName.merge(queue.name(), newest, (old, read) -> read.settingsVersion() < old.settingsVersion() ? old : read);
        return queue;
    }
}
