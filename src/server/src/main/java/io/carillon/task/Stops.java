package io.carillon.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
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
public class Stops {
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

    /** Whether there is anything to tell a worker. */
    synchronized boolean any(String worker) {
        return worker != null && byWorker.containsKey(worker);
    }

    /** The tasks that a worker shall stop, some at a time, each told once. */
    public synchronized List<TaskId> tell(String worker) {
        Set<TaskId> ofWorker = worker == null ? null : byWorker.get(worker);
        if (ofWorker == null) {
            return List.of();
        }
        List<TaskId> told = new ArrayList<>();
        for (Iterator<TaskId> next = ofWorker.iterator(); next.hasNext() && told.size() < TOLD_AT_ONCE; ) {
            told.add(next.next());
            next.remove();
        }
        if (ofWorker.isEmpty()) {
            byWorker.remove(worker);
        }
        return told;
    }
}
