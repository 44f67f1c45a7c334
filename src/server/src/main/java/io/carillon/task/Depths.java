package io.carillon.task;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Tells how deep queues are, from the counts that the scripts keep: the cost does not grow with the number of tasks. Safe
 * for many threads.
 */
public class Depths {
    /** Few enough that a task which is put meanwhile hardly waits for its turn on the connections. */
    private static final int TOGETHER = 100;

    private final Script depth = Script.named("depth");
    private final Scripts scripts;

    Depths(Scripts scripts) {
        this.scripts = scripts;
    }

    /**
     * The depths of one queue, by level: only of levels that have ever had a task. Fails with
     * {@link io.carillon.platform.error.Refused} when Redis does not answer.
     *
     * @param queue its number
     */
    public CompletionStage<List<Depth>> of(int queue) {
        return scripts.list(depth, Keys.queue(queue)).thenApply(Depths::depths);
    }

    /** The depths of many queues by number, in the order given. See {@link #of(int)}. */
    public CompletionStage<Map<Integer, List<Depth>>> of(Collection<Integer> queues) {
        return next(List.copyOf(queues), 0, new LinkedHashMap<>());
    }

    private CompletionStage<Map<Integer, List<Depth>>> next(
            List<Integer> queues, int from, Map<Integer, List<Depth>> found) {
        if (from >= queues.size()) {
            return CompletableFuture.completedStage(found);
        }
        List<Integer> some = queues.subList(from, Math.min(queues.size(), from + TOGETHER));
        return Stages.all(some.stream().map(this::of).toList()).thenCompose(depths -> {
            for (int i = 0; i < some.size(); i++) {
                found.put(some.get(i), depths.get(i));
            }
            return next(queues, from + TOGETHER, found);
        });
    }

    private static List<Depth> depths(List<Object> answer) {
        Map<Integer, Map<String, Long>> byLevel = new TreeMap<>();
        List<?> counts = (List<?>) answer.get(0);
        for (int i = 0; i < counts.size(); i += 2) {
            String[] name = Scripts.text(counts.get(i)).split(":");
            byLevel.computeIfAbsent(Integer.parseInt(name[0]), level -> new LinkedHashMap<>())
                    .put(name[1], Scripts.number(counts.get(i + 1)));
        }
        Map<Integer, Duration> oldest = new TreeMap<>();
        List<?> waits = (List<?>) answer.get(1);
        for (int i = 0; i < waits.size(); i += 2) {
            oldest.put((int) Scripts.number(waits.get(i)), Duration.ofMillis(Scripts.number(waits.get(i + 1))));
        }
        List<Depth> depths = new ArrayList<>();
        byLevel.forEach((level, ofLevel) ->
                depths.add(depth(new Level(level), ofLevel, Optional.ofNullable(oldest.get(level)))));
        return depths;
    }

    private static Depth depth(Level level, Map<String, Long> counts, Optional<Duration> oldest) {
        Map<TaskState, Long> tasks = new EnumMap<>(TaskState.class);
        for (TaskState state : TaskState.values()) {
            Long count = counts.get(state.word());
            if (count != null) {
                tasks.put(state, count);
            }
        }
        return new Depth(
                level,
                tasks,
                counts.getOrDefault("put", 0L),
                counts.getOrDefault("taken", 0L),
                counts.getOrDefault("completed", 0L),
                counts.getOrDefault("redelivered", 0L),
                oldest);
    }
}
