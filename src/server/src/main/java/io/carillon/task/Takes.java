package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives tasks to workers. What a take gets from one queue it gets in one atomic step, in acceptance order; over several
 * queues it looks first, lets the {@link Allotment} of its strategy decide, and takes then, so there it is best effort.
 * Safe for many threads.
 */
public class Takes {
    /**
     * How much data the tasks of an answer have, each queue with tasks an equal share, unless one task alone has more: a worker
     * has to hold it, and so has this server.
     */
    static final int ANSWER_BYTES = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Takes.class);

    private record Line(FullQueueName name, Queue queue) {}

    private final Queues queues;
    private final Window window;
    private final Leases leases;
    private final TaskTable table;
    private final Executor executor;
    private final LeaseNotes notes;

    Takes(Queues queues, Window window, Leases leases, TaskTable table, LeaseNotes notes, Executor executor) {
        this.queues = queues;
        this.window = window;
        this.leases = leases;
        this.table = table;
        this.notes = notes;
        this.executor = executor;
    }

    /**
     * Takes what there is now. Queues that nobody registered are left out.
     *
     * @return tasks by full queue name, only of queues that had some, in the order in which the worker named them. Fails
     *     with {@link Reason#UNKNOWN} when no queue is registered
     */
    public CompletionStage<Map<FullQueueName, List<Attempt>>> take(Take take) {
        return take(take, lines(take), false);
    }

    /** Like {@link #take(Take)}, and when there is nothing, Redis will tell when there is. */
    CompletionStage<Map<FullQueueName, List<Attempt>>> takeOrListen(Take take) {
        return take(take, lines(take), true);
    }

    /**
     * The same take without the queues that nobody registered, so that it can be tried again without asking MariaDB.
     *
     * @throws Refused ({@link Reason#UNKNOWN}) when none is left
     */
    Take registered(Take take) {
        return take.from(lines(take).stream().map(Line::name).toList());
    }

    /** The registered levels that a take names, as number and level. */
    List<ReadyLevel> levels(Take take) {
        return lines(take).stream()
                .map(line -> new ReadyLevel(line.queue().number(), line.name().level()))
                .toList();
    }

    private List<Line> lines(Take take) {
        List<Line> lines = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        Map<QueueName, Queue> registered =
                queues.find(take.queues().stream().map(FullQueueName::queue).collect(Collectors.toSet()));
        for (FullQueueName name : new LinkedHashSet<>(take.queues())) {
            Queue queue = registered.get(name.queue());
            if (queue == null) {
                unknown.add(name.queue().text());
            } else {
                lines.add(new Line(name, queue));
            }
        }
        if (lines.isEmpty() && !unknown.isEmpty()) {
            String names = unknown.stream().limit(10).collect(Collectors.joining(", "));
            throw new Refused(
                    Reason.UNKNOWN,
                    "Queue not registered: " + names + "; register it with POST /v1/queue/register",
                    "queues");
        }
        return lines;
    }

    private CompletionStage<Map<FullQueueName, List<Attempt>>> take(Take take, List<Line> lines, boolean listen) {
        if (take.size() <= 0 && take.strategy() != Strategy.SEQUENTIAL) {
            return CompletableFuture.completedStage(Map.of());
        }
        Map<Integer, List<Line>> byQueue = lines.stream()
                .collect(Collectors.groupingBy(line -> line.queue().number(), LinkedHashMap::new, Collectors.toList()));
        boolean oneStep = take.strategy() == Strategy.SEQUENTIAL
                || byQueue.size() == 1 && (lines.size() == 1 || take.strategy() == Strategy.ACTIVE_PASSIVE);
        CompletionStage<List<Attempt>> taken = oneStep
                ? claim(take, byQueue, wanted(take, lines), listen)
                : listen ? lookAndListen(take, byQueue, lines) : lookThenClaim(take, byQueue, lines);
        return taken.thenCompose(this::withData).thenApply(attempts -> {
            note(attempts, take);
            return byName(lines, attempts);
        });
    }

    private static Map<FullQueueName, Integer> wanted(Take take, List<Line> lines) {
        Map<FullQueueName, Integer> wanted = new LinkedHashMap<>();
        boolean sequential = take.strategy() == Strategy.SEQUENTIAL;
        lines.forEach(line -> wanted.put(line.name(), sequential ? 1 : take.most(line.name())));
        return wanted;
    }

    private static Map<FullQueueName, Integer> nothing(List<Line> lines) {
        Map<FullQueueName, Integer> wanted = new LinkedHashMap<>();
        lines.forEach(line -> wanted.put(line.name(), 0));
        return wanted;
    }

    private CompletionStage<List<Attempt>> lookAndListen(
            Take take, Map<Integer, List<Line>> byQueue, List<Line> lines) {
        return lookThenClaim(take, byQueue, lines)
                .thenCompose(taken -> taken.isEmpty()
                        // Redis is asked to tell before the last look, so nothing slips through between them.
                        ? claim(take, byQueue, nothing(lines), true)
                                .thenCompose(none -> lookThenClaim(take, byQueue, lines))
                        : CompletableFuture.completedStage(taken));
    }

    private CompletionStage<List<Attempt>> lookThenClaim(
            Take take, Map<Integer, List<Line>> byQueue, List<Line> lines) {
        List<CompletionStage<List<List<Long>>>> looks = new ArrayList<>();
        byQueue.forEach((queue, ofQueue) -> looks.add(window.peek(
                queue,
                take.size(),
                take.leastAge(),
                ofQueue.stream().map(line -> line.name().level()).toList())));
        return Stages.all(looks).thenCompose(found -> {
            Map<FullQueueName, List<Long>> available = new LinkedHashMap<>();
            lines.forEach(line -> available.put(line.name(), List.of()));
            int q = 0;
            for (List<Line> ofQueue : byQueue.values()) {
                List<List<Long>> ofLevels = found.get(q++);
                for (int i = 0; i < ofQueue.size(); i++) {
                    Line line = ofQueue.get(i);
                    List<Long> orders = ofLevels.get(i);
                    int most = Math.min(orders.size(), take.most(line.name()));
                    available.put(line.name(), orders.subList(0, most));
                }
            }
            int[] counts = Allotment.of(take.strategy(), List.copyOf(available.values()), take.size());
            Map<FullQueueName, Integer> wanted = new LinkedHashMap<>();
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] > 0) {
                    wanted.put(lines.get(i).name(), counts[i]);
                }
            }
            return claim(take, byQueue, wanted, false);
        });
    }

    private CompletionStage<List<Attempt>> claim(
            Take take, Map<Integer, List<Line>> byQueue, Map<FullQueueName, Integer> wanted, boolean listen) {
        Map<Integer, Map<Level, Integer>> levelsByQueue = new LinkedHashMap<>();
        byQueue.forEach((queue, ofQueue) -> ofQueue.forEach(line -> {
            Integer most = wanted.get(line.name());
            if (most != null) {
                levelsByQueue
                        .computeIfAbsent(queue, number -> new LinkedHashMap<>())
                        .put(line.name().level(), most);
            }
        }));
        List<CompletionStage<List<Attempt>>> claims = new ArrayList<>();
        levelsByQueue.forEach((queue, levels) -> {
            boolean sequential = take.strategy() == Strategy.SEQUENTIAL;
            int size = sequential
                    ? levels.size()
                    : Math.min(
                            take.size(),
                            levels.values().stream().mapToInt(Integer::intValue).sum());
            claims.add(window.claim(
                    queue,
                    new Window.Claim(
                            size,
                            ANSWER_BYTES / levelsByQueue.size(),
                            take.leastAge(),
                            take.lease(),
                            take.usualLease(),
                            take.worker(),
                            take.lostLeases(),
                            sequential,
                            listen),
                    levels));
        });
        return Stages.successful(claims)
                .thenApply(lists -> lists.stream().flatMap(List::stream).toList());
    }

    /** Large data waits in MariaDB until its task is taken. */
    private CompletionStage<List<Attempt>> withData(List<Attempt> attempts) {
        List<TaskId> without = attempts.stream()
                .filter(attempt -> attempt.data() == null)
                .map(Attempt::id)
                .toList();
        if (without.isEmpty()) {
            return CompletableFuture.completedStage(attempts);
        }
        return CompletableFuture.supplyAsync(() -> table.data(without), executor)
                .thenApply(data -> attempts.stream()
                        .filter(attempt -> attempt.data() != null || data.containsKey(attempt.id()))
                        .map(attempt -> attempt.data() != null ? attempt : attempt.with(data.get(attempt.id())))
                        .toList())
                .whenComplete((complete, failure) -> {
                    if (failure != null) {
                        attempts.forEach(this::release);
                    }
                });
    }

    /** Hands back what its taker will never see: it waits again, in its old place, and no lost lease counts. */
    void release(Attempt attempt) {
        leases.release(attempt.id(), OptionalInt.of(attempt.number()), "It never reached its worker")
                .exceptionally(failure -> {
                    LOG.warn(
                            "Task {} could not be handed back; its lease must run out: {}",
                            attempt.id(),
                            failure.getMessage());
                    return null;
                });
    }

    /** Tells MariaDB of the attempts of offline tasks. */
    private void note(List<Attempt> attempts, Take take) {
        Integer maxLost = take.lostLeases().isPresent() ? take.lostLeases().getAsInt() : null;
        boolean sequential = take.strategy() == Strategy.SEQUENTIAL;
        List<LeaseNote> offline = new ArrayList<>(attempts.size());
        for (Attempt attempt : attempts) {
            if (!attempt.id().isOnline()) {
                Delivery delivery =
                        new Delivery(attempt.number(), -1, -1, take.worker(), attempt.started(), attempt.deadline(), 0);
                offline.add(new LeaseNote(attempt.id(), TaskState.RUNNING, delivery, maxLost, sequential));
            }
        }
        notes.taken(offline);
    }

    private static Map<FullQueueName, List<Attempt>> byName(List<Line> lines, List<Attempt> attempts) {
        Map<FullQueueName, List<Attempt>> found = new LinkedHashMap<>();
        for (Line line : lines) {
            List<Attempt> ofLine = attempts.stream()
                    .filter(attempt -> attempt.id().queue() == line.queue().number()
                            && attempt.id().level().equals(line.name().level()))
                    .toList();
            if (!ofLine.isEmpty()) {
                found.put(line.name(), ofLine);
            }
        }
        return found;
    }

    /** One level of a queue, by number. */
    record ReadyLevel(int queue, Level level) {}
}
