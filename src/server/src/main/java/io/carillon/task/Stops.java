package io.carillon.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks that were cancelled, or whose time was over, while a worker ran them: kept until the worker takes again, so that it
 * hears at once. Every instance hears of all, since nobody knows on which one the worker will ask. A word that is lost here,
 * or that comes to nobody within a minute, costs nothing but time: the worker's heartbeat says the same. Safe for many
 * threads.
 */
class Stops {
    static final String CHANNEL = "carillon:stop";
    private static final Logger LOG = LoggerFactory.getLogger(Stops.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration KEPT = Duration.ofSeconds(60);
    private static final int MOST = 10_000;
    private static final int TOLD_AT_ONCE = 50;

    private record Word(String worker, TaskId id, long until) {}

    private final Clock clock;
    private final Map<String, Set<TaskId>> byWorker = new HashMap<>();
    private final Deque<Word> inOrder = new ArrayDeque<>();
    private volatile Consumer<String> listener = worker -> {};

    Stops(Clock clock) {
        this.clock = clock;
    }

    /** Who is told the worker's name of each word, after it can be asked for. */
    void onWord(Consumer<String> told) {
        listener = told;
    }

    /** A word as {@code end.lua} publishes it: a JSON array of worker and task id. */
    void hear(String json) {
        String[] parts;
        try {
            parts = JSON.readValue(json, String[].class);
        } catch (JsonProcessingException broken) {
            LOG.warn("A word on {} is none: {}", CHANNEL, broken.getOriginalMessage());
            return;
        }
        synchronized (this) {
            long now = clock.millis();
            while (!inOrder.isEmpty() && (inOrder.peek().until() <= now || inOrder.size() >= MOST)) {
                Word old = inOrder.remove();
                forget(old.worker(), old.id());
            }
            TaskId id = TaskId.parse(parts[1]);
            if (byWorker.computeIfAbsent(parts[0], worker -> new LinkedHashSet<>())
                    .add(id)) {
                inOrder.add(new Word(parts[0], id, now + KEPT.toMillis()));
            }
        }
        listener.accept(parts[0]);
    }

    private void forget(String worker, TaskId id) {
        Set<TaskId> ofWorker = byWorker.get(worker);
        if (ofWorker != null && ofWorker.remove(id) && ofWorker.isEmpty()) {
            byWorker.remove(worker);
        }
    }

    /**
     * Whether there is anything to tell a worker. Names of workers are not secret and keys may use the same, so only those
     * who may take from a task's queue hear of it.
     *
     * @param worker null for one that has no name
     * @param queues the numbers of the queues from which it takes
     */
    synchronized boolean any(String worker, Set<Integer> queues) {
        return of(worker).stream().anyMatch(id -> queues.contains(id.queue()));
    }

    /** The tasks that a worker shall stop, some at a time, each told once. See {@link #any}. */
    synchronized List<TaskId> tell(String worker, Set<Integer> queues) {
        List<TaskId> told = of(worker).stream()
                .filter(id -> queues.contains(id.queue()))
                .limit(TOLD_AT_ONCE)
                .toList();
        told.forEach(id -> forget(worker, id));
        return told;
    }

    private Set<TaskId> of(String worker) {
        return worker == null ? Set.of() : byWorker.getOrDefault(worker, Set.of());
    }
}
