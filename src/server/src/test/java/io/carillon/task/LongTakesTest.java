package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Refused;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongTakesTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private ATake aTake() {
        return engine.aTake().waiting(LONG);
    }

    /** Until Redis has been asked to tell: from then on it is the word that brings the answer. */
    private void listens(int level) {
        Waiting.until(() -> assertThat(engine.left()).containsKey("wanted:" + level));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTakeIsAnsweredByTheWordThatATaskIsThere(int level) {
        LongTakes longTakes = engine.longTakesThatListen();
        CompletionStage<Map<FullQueueName, List<Attempt>>> answer =
                longTakes.take(aTake().from(engine.first(), level).make());
        listens(level);
        assertThat(answer.toCompletableFuture()).isNotDone();
        TaskId id = engine.aTask().level(level).put();

        assertThat(Engine.ids(Waiting.on(answer))).containsExactly(id);
        assertThat(longTakes.waiting()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aWorkerThatWaitsHearsAtOnceThatItShallStopWhatItRuns(int level) {
        LongTakes longTakes = engine.longTakesThatListen();
        TaskId id = engine.aTask().level(level).put();
        engine.aTake().from(engine.first(), level).worker("alice").take();
        ATake both = aTake().from(engine.first(), 0).from(engine.first(), 1);
        CompletionStage<Map<FullQueueName, List<Attempt>>> alice =
                longTakes.take(both.worker("alice").make());
        CompletionStage<Map<FullQueueName, List<Attempt>>> bob =
                longTakes.take(both.worker("bob").make());
        CompletionStage<Map<FullQueueName, List<Attempt>>> nobody =
                longTakes.take(both.worker(null).make());
        listens(level);
        engine.cancel(id);

        assertThat(Waiting.on(alice)).isEmpty();
        assertThat(engine.stops.tell("bob", Set.of(engine.first().number()))).isEmpty();
        assertThat(engine.stops.tell("alice", Set.of(engine.queue().number()))).isEmpty();
        assertThat(engine.stops.tell("alice", Set.of(engine.first().number()))).containsExactly(id);
        assertThat(engine.stops.tell("alice", Set.of(engine.first().number()))).isEmpty();
        assertThat(bob.toCompletableFuture()).isNotDone();
        assertThat(nobody.toCompletableFuture()).isNotDone();
        assertThat(longTakes.waiting()).isEqualTo(2);
    }

    @Test
    void aWorkerThatWasAwayHearsItWithItsNextTake() {
        LongTakes longTakes = engine.longTakesThatListen();
        TaskId id = engine.aTask().put();
        engine.aTake().worker("alice").take();
        engine.cancel(id);
        Waiting.until(
                () -> assertThat(engine.stops.any("alice", Set.of(engine.first().number())))
                        .isTrue());

        assertThat(Waiting.on(longTakes.take(aTake().worker("alice").make()))).isEmpty();
        assertThat(engine.stops.tell("alice", Set.of(engine.first().number()))).containsExactly(id);
        assertThat(longTakes.take(aTake().worker("alice").make())).isNotDone();
    }

    @Test
    void whatNobodyAskedForIsForgotten() {
        LongTakes longTakes = engine.longTakesThatListen();
        engine.stops.hear("[\"alice\",\"TASK-1-1-C-261122093258-0001-000001\"]");
        engine.clock.advance(Duration.ofSeconds(61));
        engine.stops.hear("[\"bob\",\"TASK-1-1-C-261122093258-0001-000002\"]");

        assertThat(engine.stops.any("alice", Set.of(1))).isFalse();
        assertThat(engine.stops.any("bob", Set.of(1))).isTrue();
        assertThat(longTakes.waiting()).isZero();
    }

    @Test
    void aTakeOfSeveralQueuesIsAnsweredByTheWordOfEach() {
        Queue other = engine.queue();
        LongTakes longTakes = engine.longTakesThatListen();
        for (Queue queue : List.of(engine.first(), other)) {
            CompletionStage<Map<FullQueueName, List<Attempt>>> answer = longTakes.take(aTake().from(engine.first(), 1)
                    .from(other, 1)
                    .from(other, 3)
                    .make());
            listens(1);
            Waiting.until(() -> assertThat(engine.left(other)).containsKeys("wanted:1", "wanted:3"));
            TaskId id = engine.aTask().of(queue).put();

            assertThat(Engine.ids(Waiting.on(answer))).containsExactly(id);
        }
    }

    @Test
    void whatIsThereIsTakenAtOnce() {
        LongTakes longTakes = engine.longTakesThatListen();
        TaskId id = engine.aTask().put();

        assertThat(Engine.ids(Waiting.on(longTakes.take(aTake().make())))).containsExactly(id);
        assertThat(engine.left()).doesNotContainKey("wanted:1");
    }

    @Test
    void aRedeliveredTaskWakesATakeToo() {
        LongTakes longTakes = engine.longTakesThatListen();
        TaskId id = engine.aTask().put();
        engine.aTake().losingTheLease().take();
        CompletionStage<Map<FullQueueName, List<Attempt>>> answer = longTakes.take(aTake().make());
        engine.reapUntil(() -> assertThat(answer.toCompletableFuture()).isDone());

        assertThat(Engine.ids(Waiting.on(answer))).containsExactly(id);
    }

    @Test
    void aLostWordIsMadeUpForByALook() {
        LongTakes longTakes = engine.longTakesThatListen();
        CompletionStage<Map<FullQueueName, List<Attempt>>> answer = longTakes.take(aTake().make());
        listens(1);
        engine.redis.getKeys().delete(Keys.queue(engine.first().number()) + "wanted:1");
        engine.aTask().put();
        Waiting.until(() -> {
            longTakes.runOnce();
            assertThat(answer.toCompletableFuture()).isDone();
        });

        assertThat(Engine.ids(Waiting.on(answer))).hasSize(1);
    }

    @Test
    void atTheEndOfItsTimeATakeIsAnsweredWithNothing() {
        LongTakes longTakes = engine.longTakesThatListen();
        CompletionStage<Map<FullQueueName, List<Attempt>>> answer = longTakes.take(aTake().make());
        listens(1);
        longTakes.runOnce();
        assertThat(answer.toCompletableFuture()).isNotDone();
        engine.clock.advance(LONG);
        Waiting.until(() -> {
            longTakes.runOnce();
            assertThat(answer.toCompletableFuture()).isDone();
        });

        assertThat(Waiting.on(answer)).isEmpty();
        assertThat(longTakes.waiting()).isZero();
        TaskId later = engine.aTask().put();
        assertThat(engine.aTake().takeIds()).containsExactly(later);
    }

    @Test
    void theTicksGoOnAfterOneThatFailed() {
        AtomicInteger broken = new AtomicInteger(2);
        LongTakes longTakes = new LongTakes(engine.takes, engine.stops, engine.redis, engine.scheduler, engine.clock) {
            @Override
            void runOnce() {
                if (broken.getAndDecrement() > 0) {
                    throw new IllegalStateException("broken");
                }
                super.runOnce();
            }
        };
        longTakes.start();
        try {
            CompletionStage<Map<FullQueueName, List<Attempt>>> answer = longTakes.take(aTake().make());
            listens(1);
            engine.clock.advance(LONG);

            assertThat(Waiting.on(answer)).isEmpty();
            assertThat(broken.get()).isNegative();
        } finally {
            longTakes.stop();
        }
    }

    @Test
    void whoStopsAnswersEverybodyAndNobodyWaitsThere() {
        LongTakes longTakes = engine.longTakesThatListen();
        CompletionStage<Map<FullQueueName, List<Attempt>>> waiting = longTakes.take(aTake().make());
        listens(1);
        longTakes.stop();

        assertThat(Waiting.on(waiting)).isEmpty();
        assertThat(Waiting.on(longTakes.take(aTake().make()))).isEmpty();
        assertThat(longTakes.waiting()).isZero();
    }

    @Test
    void aTakeThatIsCancelledLeavesTheLine() {
        LongTakes longTakes = engine.longTakesThatListen();
        CompletableFuture<Map<FullQueueName, List<Attempt>>> gone = longTakes.take(aTake().make());
        listens(1);
        Waiting.until(() -> assertThat(longTakes.waiting()).isEqualTo(1));
        gone.cancel(false);

        Waiting.until(() -> assertThat(longTakes.waiting()).isZero());
        TaskId id = engine.aTask().put();
        assertThat(engine.aTake().takeIds()).containsExactly(id);
    }

    @Test
    void theWordForATakerWhoIsGoneGoesToTheNextInLine() {
        LongTakes longTakes = engine.longTakesThatListen();
        for (int i = 0; i < 3; i++) {
            longTakes.take(aTake().make(), () -> false);
        }
        CompletionStage<Map<FullQueueName, List<Attempt>>> stays = longTakes.take(aTake().make());
        listens(1);
        TaskId id = engine.aTask().put();

        assertThat(Engine.ids(Waiting.on(stays))).containsExactly(id);
        // One that was still in its first look is asked the next time round.
        Waiting.until(() -> {
            longTakes.runOnce();
            assertThat(longTakes.waiting()).isZero();
        });
    }

    @Test
    void whatALookFindsForATakerWhoHasLeftIsHandedBack() {
        TaskId id = engine.aTask().put();
        LongTakes longTakes = engine.longTakesThatListen();
        // Its first look is under way, and finds the task; sometimes before the taker leaves.
        CompletableFuture<Map<FullQueueName, List<Attempt>>> take = longTakes.take(aTake().make());
        if (!take.cancel(false)) {
            longTakes.handBack(take.join());
        }

        Waiting.until(
                () -> assertThat(engine.counts()).containsEntry("1:taken", 1L).containsEntry("1:waiting", 1L));
        List<Attempt> again =
                engine.aTake().take().values().stream().flatMap(List::stream).toList();
        assertThat(again).extracting(Attempt::id).containsExactly(id);
        assertThat(again).extracting(Attempt::number).containsExactly(2);
    }

    @Test
    void unknownQueuesAreRefusedAtOnce() {
        LongTakes longTakes = engine.longTakesThatListen();

        assertThatThrownBy(() ->
                        Waiting.on(longTakes.take(aTake().from("nobody-knows:1").make())))
                .isInstanceOf(Refused.class);
        assertThat(longTakes.waiting()).isZero();
    }

    @Test
    void eachOfManyTakesGetsOneOfManyTasks() {
        LongTakes longTakes = engine.longTakesThatListen();
        List<CompletionStage<Map<FullQueueName, List<Attempt>>>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(longTakes.take(aTake().make()));
        }
        listens(1);
        List<CompletionStage<Void>> puts = new ArrayList<>();
        List<TaskId> ids = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            NewTask task = engine.aTask().make();
            ids.add(task.id());
            puts.add(engine.tasks.put(task));
        }
        Waiting.on(Stages.all(puts));
        // A word may find its take in the middle of a look; the look of the next second is made here.
        Waiting.until(() -> {
            for (int i = 0; i < 10; i++) {
                longTakes.runOnce();
            }
            assertThat(answers).allMatch(answer -> answer.toCompletableFuture().isDone());
        });

        assertThat(answers.stream().map(Waiting::on).map(Engine::ids))
                .allSatisfy(taken -> assertThat(taken).hasSize(1));
        assertThat(answers.stream().map(Waiting::on).map(Engine::ids).flatMap(List::stream))
                .containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void aTakeOfSeveralQueuesNeverGetsMoreThanItWants() {
        Queue other = engine.queue();
        LongTakes longTakes = engine.longTakes();
        Collection<List<TaskId>> taken = new ConcurrentLinkedQueue<>();
        AtomicInteger waiting = new AtomicInteger();
        for (int i = 0; i < 10; i++) {
            takeOn(
                    longTakes,
                    aTake().from(engine.first(), 1).from(other, 1).make(),
                    taken,
                    waiting,
                    new AtomicBoolean());
        }
        List<CompletionStage<Void>> puts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            puts.add(engine.tasks.put(
                    engine.aTask().of(i % 2 == 0 ? other : engine.first()).make()));
        }
        Waiting.on(Stages.all(puts));
        Waiting.until(() -> assertThat(taken).hasSize(300));

        assertThat(taken).allSatisfy(one -> assertThat(one).hasSize(1));
    }

    /** Takes again and again until told to stop. */
    private void takeOn(
            LongTakes longTakes,
            Take take,
            Collection<List<TaskId>> taken,
            AtomicInteger waiting,
            AtomicBoolean stopped) {
        waiting.incrementAndGet();
        longTakes.take(take).whenComplete((answer, failure) -> {
            waiting.decrementAndGet();
            if (failure != null) {
                taken.add(List.of());
                return;
            }
            if (!answer.isEmpty()) {
                taken.add(Engine.ids(answer));
            }
            if (!stopped.get()) {
                takeOn(longTakes, take, taken, waiting, stopped);
            }
        });
    }

    @RepeatedTest(2)
    void everyTaskIsDeliveredOnceToManyTakesOfTwoInstances() {
        List<LongTakes> instances = List.of(engine.longTakes(), engine.longTakes());
        Collection<List<TaskId>> taken = new ConcurrentLinkedQueue<>();
        AtomicInteger waiting = new AtomicInteger();
        AtomicBoolean stopped = new AtomicBoolean();
        for (int i = 0; i < 50; i++) {
            // Some give up all the time, so that answers at the end of their time meet tasks that just come.
            Duration patience = i % 5 == 0 ? Duration.ofMillis(3) : LONG;
            Take take = engine.aTake().waiting(patience).size(1 + i % 3).make();
            takeOn(instances.get(i % 2), take, taken, waiting, stopped);
        }
        Collection<TaskId> put = new ConcurrentLinkedQueue<>();
        ExecutorService producers = Executors.newFixedThreadPool(4);
        try {
            List<CompletableFuture<Void>> runs = new ArrayList<>();
            for (int p = 0; p < 4; p++) {
                runs.add(CompletableFuture.runAsync(
                        () -> {
                            for (int i = 0; i < 50; i++) {
                                List<CompletionStage<Void>> puts = new ArrayList<>();
                                for (int j = 0; j < 10; j++) {
                                    NewTask task = engine.aTask().make();
                                    put.add(task.id());
                                    puts.add(engine.tasks.put(task));
                                }
                                Waiting.on(Stages.all(puts));
                            }
                        },
                        producers));
            }
            runs.forEach(CompletableFuture::join);
        } finally {
            producers.shutdownNow();
        }

        Waiting.until(
                () -> assertThat(taken.stream().mapToInt(List::size).sum()).isGreaterThanOrEqualTo(2000));
        stopped.set(true);
        instances.forEach(LongTakes::stop);
        Waiting.until(() -> assertThat(waiting).hasValue(0));
        assertThat(taken.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(put);
        assertThat(engine.counts()).containsEntry("1:running", 2000L).doesNotContainKey("1:waiting");
    }
}
