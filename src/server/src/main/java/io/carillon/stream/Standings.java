package io.carillon.stream;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.task.Keys;
import io.carillon.task.TaskState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** How tasks stand in Redis, many at once. Safe for many threads. */
final class Standings {
    private static final Script STATES = Script.named("states");
    private static final int IDS_A_LOOK = 500;

    private final Scripts scripts;

    Standings(Scripts scripts) {
        this.scripts = scripts;
    }

    /**
     * How one task stands.
     *
     * @param state its word, or empty when Redis does not know the task
     * @param instance the one that holds the caller, or empty
     */
    record Standing(String state, int attempt, String instance) {
        boolean isKnown() {
            return !state.isEmpty();
        }

        boolean isRunning() {
            return state.equals(TaskState.RUNNING.word());
        }

        boolean isFinal() {
            return isKnown() && TaskState.of(state).isFinal();
        }
    }

    /** @param idsByQueue task ids by the number of their queue */
    CompletionStage<Map<String, Standing>> of(Map<Integer, Set<String>> idsByQueue) {
        Map<String, Standing> standings = new ConcurrentHashMap<>();
        List<CompletableFuture<?>> answers = new ArrayList<>();
        idsByQueue.forEach((queue, ids) -> {
            for (List<String> some : chunks(ids)) {
                answers.add(scripts.list(STATES, Keys.queue(queue), some.toArray())
                        .thenAccept(states -> {
                            for (int i = 0; i < some.size(); i++) {
                                standings.put(
                                        some.get(i),
                                        new Standing(
                                                Scripts.text(states.get(3 * i)),
                                                (int) Scripts.number(states.get(3 * i + 1)),
                                                Scripts.text(states.get(3 * i + 2))));
                            }
                        })
                        .toCompletableFuture());
            }
        });
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(all -> standings);
    }

    private static List<List<String>> chunks(Collection<String> ids) {
        List<String> all = List.copyOf(ids);
        List<List<String>> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += IDS_A_LOOK) {
            chunks.add(all.subList(from, Math.min(all.size(), from + IDS_A_LOOK)));
        }
        return chunks;
    }
}
