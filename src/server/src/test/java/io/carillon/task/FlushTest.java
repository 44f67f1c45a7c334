package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.concurrent.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis forgets everything while many tasks wait and run; {@code -Dcarillon.test.flush=200000} for very many. */
class FlushTest {
    private static final int TASKS = Integer.getInteger("carillon.test.flush", 6_000);
    private static final int RUNNING = TASKS / 100;
    private static final int AT_ONCE = 500;

    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private List<TaskId> putAll() {
        List<TaskId> ids = new ArrayList<>(TASKS);
        while (ids.size() < TASKS) {
            List<CompletionStage<Void>> puts = new ArrayList<>();
            for (int i = 0; i < AT_ONCE && ids.size() < TASKS; i++) {
                NewTask task = engine.aTask().make();
                ids.add(task.id());
                puts.add(engine.tasks.put(task));
            }
            Waiting.on(Stages.all(puts));
        }
        return ids;
    }

    private List<Attempt> take(int size) {
        return engine.aTake().size(size).worker("alice").leasing(Duration.ofMinutes(10)).take().values().stream()
                .flatMap(List::stream)
                .toList();
    }

    private void complete(List<Attempt> attempts) {
        List<Completion> completions = Waiting.on(Stages.all(attempts.stream()
                .map(attempt -> engine.tasks.complete(attempt.id(), OptionalInt.of(attempt.number()), Engine.DONE))
                .toList()));
        assertThat(completions).containsOnly(Completion.ACCEPTED);
    }

    @Test
    void allComeBackInOrderAndWhoeverHasOneKeepsIt() {
        List<TaskId> ids = putAll();
        List<Attempt> running = take(RUNNING);
        complete(running.subList(0, RUNNING / 2));
        List<Attempt> still = running.subList(RUNNING / 2, RUNNING);
        engine.settings(settings -> settings.paused(true));
        Waiting.until(() -> assertThat(engine.rows("SELECT id FROM task WHERE state = 'running'"))
                .hasSize(still.size()));
        engine.redis.getKeys().deleteByPattern("carillon:{*");

        assertThat(take(1)).as("taken from a paused queue").isEmpty();
        Leases.Renewed renewed = Waiting.on(engine.leases.renew(
                "alice",
                still.stream()
                        .map(attempt -> new Lease(attempt.id(), attempt.number()))
                        .toList()));
        assertThat(renewed.renewed())
                .containsExactlyElementsOf(still.stream().map(Attempt::id).toList());
        engine.settings(settings -> settings.paused(false));
        complete(still);
        List<TaskId> taken = new ArrayList<>();
        Waiting.until(() -> {
            for (List<Attempt> some; !(some = take(AT_ONCE)).isEmpty(); ) {
                some.forEach(attempt -> taken.add(attempt.id()));
                complete(some);
            }
            assertThat(taken).hasSize(TASKS - RUNNING);
        });

        // Ids are made in the order of the puts, and what was taken first runs.
        assertThat(taken).isEqualTo(ids.subList(RUNNING, TASKS));
    }
}
