package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What workers say about the tasks that they have, other than results: that they still work on them, that an attempt
 * failed, that they hand one back. And what becomes of leases about which nobody said anything.
 *
 * <p>Redis decides who has which lease; MariaDB is told of it a little later, and of attempts that ended by
 * {@link AttemptRecords}. Stages fail with {@link io.carillon.platform.error.Refused}. Safe for many threads.
 */
public class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    /**
     * What became of the leases that a worker wanted to renew. Each is in one of the lists.
     *
     * @param renewed leases that go on
     * @param lost those that the worker has no more: ended, or given to somebody else
     * @param stop those whose work is in vain: cancelled, over their life, or over the time of an attempt
     */
    public record Renewed(List<TaskId> renewed, List<TaskId> lost, List<TaskId> stop) {}

    private final Window window;
    private final TaskTable table;
    private final Tasks tasks;
    private final Rebuild rebuild;
    private final AttemptRecords records;
    private final LeaseNotes notes;
    private final Executor executor;

    Leases(
            Window window,
            TaskTable table,
            Tasks tasks,
            Rebuild rebuild,
            AttemptRecords records,
            LeaseNotes notes,
            Executor executor) {
        this.window = window;
        this.table = table;
        this.tasks = tasks;
        this.rebuild = rebuild;
        this.records = records;
        this.notes = notes;
        this.executor = executor;
    }

    /** Renews a worker's leases, each for as long as it was given first. */
    public CompletionStage<Renewed> renew(String worker, List<Lease> leases) {
        Map<Integer, List<Lease>> byQueue = leases.stream()
                .collect(Collectors.groupingBy(lease -> lease.id().queue(), LinkedHashMap::new, Collectors.toList()));
        List<CompletionStage<Map<TaskId, Window.Renewal>>> renewals = new ArrayList<>();
        byQueue.forEach((queue, ofQueue) -> renewals.add(renew(queue, worker, ofQueue)));
        return Stages.all(renewals).thenApply(maps -> {
            Map<TaskId, Window.Renewal> all = new HashMap<>();
            maps.forEach(all::putAll);
            Map<Window.Renewal, List<TaskId>> ids =
                    leases.stream().map(Lease::id).distinct().collect(Collectors.groupingBy(all::get));
            return new Renewed(
                    ids.getOrDefault(Window.Renewal.RENEWED, List.of()),
                    ids.getOrDefault(Window.Renewal.LOST, List.of()),
                    ids.getOrDefault(Window.Renewal.STOP, List.of()));
        });
    }

    private CompletionStage<Map<TaskId, Window.Renewal>> renew(int queue, String worker, List<Lease> leases) {
        return window.renew(queue, worker, leases).thenCompose(answers -> {
            Map<TaskId, Window.Renewal> found = new HashMap<>();
            List<Lease> notHere = new ArrayList<>();
            for (int i = 0; i < leases.size(); i++) {
                found.put(leases.get(i).id(), answers.get(i));
                if (answers.get(i) == Window.Renewal.NOT_HERE) {
                    notHere.add(leases.get(i));
                }
            }
            if (notHere.isEmpty()) {
                return CompletableFuture.completedStage(found);
            }
            return CompletableFuture.supplyAsync(
                    () -> {
                        found.putAll(lookUp(queue, worker, notHere));
                        return found;
                    },
                    executor);
        });
    }

    /** Offline tasks that have ended have left Redis, and some that run may have been lost with it. */
    private Map<TaskId, Window.Renewal> lookUp(int queue, String worker, List<Lease> leases) {
        Map<TaskId, Window.Renewal> found = new HashMap<>();
        List<TaskId> offline =
                leases.stream().map(Lease::id).filter(id -> !id.isOnline()).toList();
        Map<TaskId, TaskState> states = table.states(offline);
        for (Lease lease : leases) {
            TaskState state = states.get(lease.id());
            if (state == TaskState.CANCELLED || state == TaskState.TIMEOUT) {
                found.put(lease.id(), Window.Renewal.STOP);
            } else if (state == null || state.isFinal()) {
                found.put(lease.id(), Window.Renewal.LOST);
            } else {
                boolean adopted = rebuild.adopt(queue, lease, worker);
                found.put(lease.id(), adopted ? Window.Renewal.RENEWED : Window.Renewal.LOST);
            }
        }
        return found;
    }

    /**
     * Hands back a failed attempt. The task waits again after its backoff; when it may fail no more it is given up, and
     * its producer gets the reason.
     *
     * @param attempt the attempt that failed; empty for whichever runs
     * @param delay how long the task rests; empty for its backoff
     * @param why what went wrong, in words
     * @return {@link Completion#ACCEPTED} or {@link Completion#SAME} when it is no longer the worker's; else why it never was
     */
    public CompletionStage<Completion> retry(TaskId id, OptionalInt attempt, Optional<Duration> delay, String why) {
        return window.retry(id, attempt, delay, why, random()).thenCompose(back -> {
            if (back.outcome() == Window.Return.Outcome.FAILED_LAST) {
                LOG.warn("Task {} is given up: its last attempt failed", id);
                return tasks.giveUpFailed(id, attempt, why).thenApply(ended -> {
                    recordSoon(id);
                    return Completion.ACCEPTED;
                });
            }
            return noted(id, back);
        });
    }

    /**
     * Hands back a task unharmed, as a worker does that shuts down: it waits again in its old place, and nothing counts
     * against it.
     *
     * @param attempt the attempt that is handed back; empty for whichever runs
     * @param why in words, or null
     * @return see {@link #retry}
     */
    public CompletionStage<Completion> release(TaskId id, OptionalInt attempt, String why) {
        return window.release(id, attempt, why).thenCompose(back -> noted(id, back));
    }

    private CompletionStage<Completion> noted(TaskId id, Window.Return back) {
        if (back.outcome() == Window.Return.Outcome.UNKNOWN && !id.isOnline()) {
            return CompletableFuture.supplyAsync(
                    () -> notHere(table.states(List.of(id)).get(id)), executor);
        }
        if (back.outcome() == Window.Return.Outcome.AGAIN) {
            note(id, back.delivery());
        }
        return CompletableFuture.completedStage(
                switch (back.outcome()) {
                    case AGAIN -> Completion.ACCEPTED;
                    case SAME -> Completion.SAME;
                    case OLDER_ATTEMPT -> Completion.OLDER_ATTEMPT;
                    case UNKNOWN -> Completion.UNKNOWN;
                    default -> Completion.REFUSED;
                });
    }

    /** Offline tasks leave Redis when they end, and may wait in MariaDB only. */
    private static Completion notHere(TaskState state) {
        return state == null ? Completion.UNKNOWN : state.isFinal() ? Completion.REFUSED : Completion.SAME;
    }

    private void note(TaskId id, Delivery delivery) {
        if (id.isOnline()) {
            return;
        }
        TaskState state = delivery.due() > 0 ? TaskState.SCHEDULED : TaskState.WAITING;
        notes.returned(new LeaseNote(id, state, delivery, null, false));
        recordSoon(id);
    }

    private void recordSoon(TaskId id) {
        if (!id.isOnline()) {
            records.writeSoon(id.queue());
        }
    }

    /** Takes back a lease that ran out; the task waits again, or is given up when it has lost its last one. */
    CompletionStage<Void> lapse(TaskId id, int attempt) {
        return window.redeliver(id, attempt, random()).thenCompose(back -> switch (back.outcome()) {
            case AGAIN -> {
                LOG.info("Task {} waits again: attempt {} ran out of time", id, attempt);
                note(id, back.delivery());
                yield CompletableFuture.completedStage(null);
            }
            case LOST_LAST -> {
                LOG.warn("Task {} is given up: the lease of attempt {} ran out too", id, attempt);
                yield tasks.giveUpLost(
                                id,
                                attempt,
                                "Given up: the lease of attempt " + attempt + " ran out, and it may lose no more")
                        .thenAccept(ended -> recordSoon(id));
            }
            case FAILED_LAST -> {
                LOG.warn("Task {} is given up: attempt {} took too long too", id, attempt);
                yield tasks.giveUpLost(
                                id,
                                attempt,
                                "Given up: attempt " + attempt + " took longer than it may, and was the last")
                        .thenAccept(ended -> recordSoon(id));
            }
            default -> CompletableFuture.completedStage(null);
        });
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
