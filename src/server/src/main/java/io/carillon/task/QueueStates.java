package io.carillon.task;

import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;

/** Tells how queues stand, at a cost that does not depend on their depth. Safe for many threads. */
public class QueueStates {
    private final Window window;

    QueueStates(Window window) {
        this.window = window;
    }

    /** The levels of a queue that were ever used, most urgent first. */
    public CompletionStage<List<QueueState>> of(Queue queue) {
        return window.counts(queue.number()).thenCompose(counts -> {
            Map<Level, Map<String, Long>> byLevel = new TreeMap<>();
            counts.forEach((key, count) -> {
                String[] parts = key.split(":", 2);
                byLevel.computeIfAbsent(new Level(Integer.parseInt(parts[0])), level -> new HashMap<>())
                        .put(parts[1], count);
            });
            List<CompletionStage<QueueState>> states = new ArrayList<>();
            byLevel.forEach((level, ofLevel) -> states.add(window.oldest(queue.number(), level)
                    .thenApply(oldest -> new QueueState(
                            level,
                            ofLevel,
                            oldest.map(micros -> OptionalLong.of(micros / 1000)).orElse(OptionalLong.empty())))));
            return Stages.all(states);
        });
    }

    /** The same for many queues, in their order. */
    public CompletionStage<List<List<QueueState>>> of(List<Queue> queues) {
        return Stages.all(queues.stream().map(this::of).toList());
    }
}
