package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PurgesTest {
    private static final Queue QUEUE = new Queue(7, new QueueName("q"), "/v1/x", "ck_1", 0, "ck_1", 0);
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger begun = new AtomicInteger();
    private final Purges purges = new Purges(this::clear, executor);

    @AfterEach
    void stop() {
        gate.countDown();
        executor.shutdown();
    }

    /** Level 1 has ten tasks; level 9 has five and takes until the gate opens; level 3 fails. */
    private int clear(Queue queue, Level level, String why) {
        begun.incrementAndGet();
        if (level.value() == 3) {
            throw new Refused(Reason.UNAVAILABLE, "Redis is away");
        }
        if (level.value() == 9) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return level.value() == 1 ? 10 : 5;
    }

    private static Purges.Clearing clearing(Engine engine) {
        return new WaitingTasks(engine.window, engine.contents, engine.table, engine.tasks)::clear;
    }

    private static List<Level> levels(int... values) {
        return Arrays.stream(values).mapToObj(Level::new).toList();
    }

    @Test
    void aPurgeSaysHowManyItCancelledAtAllLevels() {
        assertThat(Waiting.on(purges.purge(QUEUE, levels(1, 2), LONG))).isEqualTo(new Purges.Progress(15, true));
    }

    @Test
    void whoAsksIsNotHeldLongerThanTheyWant() {
        assertThat(Waiting.on(purges.purge(QUEUE, levels(1, 9), SHORT)).done()).isFalse();
    }

    @Test
    void whoAsksAgainWaitsForTheSamePurge() {
        purges.purge(QUEUE, levels(1, 9), SHORT);
        Waiting.until(() -> assertThat(begun).hasValue(2));
        assertThat(Waiting.on(purges.purge(QUEUE, levels(1, 9), SHORT))).isEqualTo(new Purges.Progress(10, false));
        CompletionStage<Purges.Progress> second = purges.purge(QUEUE, levels(1, 9), LONG);

        gate.countDown();

        assertThat(Waiting.on(second)).isEqualTo(new Purges.Progress(15, true));
        assertThat(begun).hasValue(2);
    }

    @Test
    void aPurgeThatIsOverBeginsAnew() {
        Waiting.on(purges.purge(QUEUE, levels(1), LONG));

        assertThat(Waiting.on(purges.purge(QUEUE, levels(1), LONG))).isEqualTo(new Purges.Progress(10, true));
        assertThat(begun).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aPurgeCancelsWhatWaitsInGroupsThatMayStartNoMore(int level) {
        try (Engine engine = Engine.start()) {
            engine.aTask().level(level).inGroup("a").put(3);
            engine.aTask().level(level).inGroup("b").put(2);
            engine.aTask().level(level).put(1);
            engine.settings(settings -> settings.groupConcurrency(1));
            assertThat(engine.aTake().from(engine.first(), level).size(3).takeIds())
                    .hasSize(3);
            assertThat(engine.aTake().from(engine.first(), level).size(3).takeIds())
                    .isEmpty();
            assertThat(engine.left()).containsKey("blocked:" + level);

            Purges purges = new Purges(clearing(engine), executor);
            assertThat(Waiting.on(purges.purge(engine.first(), levels(level), LONG)))
                    .isEqualTo(new Purges.Progress(3, true));

            assertThat(engine.counts()).doesNotContainKey(level + ":waiting").containsEntry(level + ":running", 3L);
            assertThat(engine.left()).doesNotContainKeys("blocked:" + level, "groups:" + level);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aPurgeLeavesWhatRunsAlsoBeforeMariaDbKnows(int level) {
        try (Engine engine = Engine.start()) {
            int page = WaitingTasks.AT_ONCE;
            engine.aTask().level(level).put(page + 2);
            Window.Claim claim = new Window.Claim(
                    page,
                    Takes.ANSWER_BYTES,
                    Duration.ZERO,
                    Optional.empty(),
                    LONG,
                    "alice",
                    OptionalInt.empty(),
                    false,
                    false);
            Waiting.on(engine.window.claim(engine.first().number(), claim, Map.of(new Level(level), page)));

            assertThat(clearing(engine).clear(engine.first(), new Level(level), "Purged"))
                    .isEqualTo(2);

            assertThat(engine.counts()).doesNotContainKey(level + ":waiting").containsEntry(level + ":running", (long)
                    page);
        }
    }

    @Test
    void aPurgeThatFailsSaysWhy() {
        assertThatThrownBy(() -> purges.purge(QUEUE, levels(1, 3), LONG)
                        .toCompletableFuture()
                        .join())
                .rootCause()
                .hasMessage("Redis is away");
    }
}
