package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TakesTest {
    private Engine engine;
    private Queue a;
    private Queue b;

    @BeforeEach
    void start() {
        engine = Engine.start();
        a = engine.first();
        b = engine.queue();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** Puts a task each time in another millisecond, for so exact is the order between queues. */
    private TaskId put(Queue queue, int level) {
        TaskId id = engine.aTask().of(queue).level(level).put();
        engine.passes(engine.find(id).acceptedMillis());
        return id;
    }

    @ParameterizedTest
    @CsvSource({"0, ''", "1, ''", "0, tenant", "1, tenant"})
    void anAnswerHasNoMoreDataThanAWorkerCanHold(int level, String group) {
        ATask large = engine.aTask().level(level).data("\"" + "x".repeat(Takes.ANSWER_BYTES / 5 * 2) + "\"");
        ATask huge = engine.aTask().level(level).data("\"" + "x".repeat(Takes.ANSWER_BYTES * 3 / 2) + "\"");
        if (!group.isEmpty()) {
            large.inGroup(group);
            huge.inGroup(group);
        }
        List<TaskId> ids = new ArrayList<>(large.put(3));
        ids.add(huge.put());
        ids.addAll(large.put(1));
        ATake take = engine.aTake().from(a, level).size(10);

        assertThat(take.takeIds()).isEqualTo(ids.subList(0, 2));
        assertThat(take.takeIds()).isEqualTo(ids.subList(2, 3));
        assertThat(take.takeIds()).isEqualTo(ids.subList(3, 4));
        assertThat(take.takeIds()).isEqualTo(ids.subList(4, 5));
        assertThat(engine.counts()).doesNotContainKey(level + ":waiting").containsEntry(level + ":running", 5L);
    }

    @Test
    void fifoTakesTheOldestOfAllQueuesAndLevels() {
        TaskId first = put(b, 1);
        TaskId second = put(a, 0);
        put(a, 2);
        put(b, 0);

        assertThat(engine.aTake()
                        .from(a, 0)
                        .from(a, 2)
                        .from(b, 0)
                        .from(b, 1)
                        .size(2)
                        .takeIds())
                .containsExactlyInAnyOrder(first, second);
    }

    @Test
    void roundRobinTakesOneFromEachInTurn() {
        List<TaskId> as = List.of(put(a, 1), put(a, 1), put(a, 1));
        List<TaskId> bs = List.of(put(b, 1), put(b, 1), put(b, 1));

        assertThat(engine.aTake()
                        .by(Strategy.ROUND_ROBIN)
                        .from(a, 1)
                        .from(b, 1)
                        .size(3)
                        .takeIds())
                .containsExactly(as.get(0), as.get(1), bs.get(0));
        assertThat(engine.aTake()
                        .by(Strategy.ROUND_ROBIN)
                        .from(b, 1)
                        .from(a, 1)
                        .size(9)
                        .takeIds())
                .containsExactly(bs.get(1), bs.get(2), as.get(2));
    }

    @Test
    void activePassiveEmptiesTheFirstBeforeTheSecond() {
        TaskId inB = put(b, 1);
        TaskId inA = put(a, 1);
        TaskId inOnline = put(a, 0);

        assertThat(engine.aTake()
                        .by(Strategy.ACTIVE_PASSIVE)
                        .from(a, 0)
                        .from(a, 1)
                        .size(1)
                        .takeIds())
                .containsExactly(inOnline);
        assertThat(engine.aTake()
                        .by(Strategy.ACTIVE_PASSIVE)
                        .from(a, 1)
                        .from(b, 1)
                        .size(9)
                        .takeIds())
                .containsExactly(inA, inB);
    }

    @Test
    void levelsOfOneQueueAreTakenInTheWorkersOrder() {
        TaskId two = put(a, 2);
        TaskId one = put(a, 1);
        TaskId alsoTwo = put(a, 2);

        assertThat(engine.aTake()
                        .by(Strategy.ACTIVE_PASSIVE)
                        .from(a, 1)
                        .from(a, 2)
                        .size(2)
                        .take())
                .isNotEmpty()
                .satisfies(taken -> {
                    assertThat(taken.keySet()).containsExactly(engine.name(a, 1), engine.name(a, 2));
                    assertThat(Engine.ids(taken)).containsExactly(one, two);
                });
        assertThat(engine.aTake().from(a, 1).from(a, 2).size(2).takeIds()).containsExactly(alsoTwo);
    }

    @Test
    void sequentialTakesOneOfEachQueueThatHasNoneRunning() {
        List<TaskId> as = engine.aTask().of(a).put(2);
        List<TaskId> bs = engine.aTask().of(b).put(2);
        ATake take =
                engine.aTake().by(Strategy.SEQUENTIAL).from(a, 1).from(b, 1).size(0);

        assertThat(take.takeIds()).containsExactly(as.get(0), bs.get(0));
        assertThat(take.takeIds()).isEmpty();
        engine.complete(bs.get(0));
        assertThat(take.takeIds()).containsExactly(bs.get(1));
        engine.cancel(as.get(0));
        assertThat(take.takeIds()).containsExactly(as.get(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theSequentialLockEndsWithTheLease(int level) {
        TaskId id = engine.aTask().level(level).put();
        engine.aTask().level(level).put();
        ATake take = engine.aTake().by(Strategy.SEQUENTIAL).from(a, level).losingTheLease();
        assertThat(take.takeIds()).containsExactly(id);
        engine.reapUntil(() -> TaskAssert.assertThat(engine.find(id)).isWaiting());

        assertThat(take.takeIds()).containsExactly(id);
    }

    @Test
    void theSequentialLockEndsWhenItsHolderExpires() {
        TaskId id = engine.aTask().online().living(Duration.ofMillis(300)).put();
        TaskId next = engine.aTask().online().put();
        ATake take = engine.aTake().by(Strategy.SEQUENTIAL).online();
        assertThat(take.takeIds()).containsExactly(id);
        engine.reapUntil(() -> TaskAssert.assertThat(engine.find(id)).isTimeout());

        assertThat(take.takeIds()).containsExactly(next);
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void tasksThatAreTooYoungAreLeft(Strategy strategy) {
        put(a, 1);
        put(b, 0);

        assertThat(engine.aTake()
                        .by(strategy)
                        .from(a, 1)
                        .from(b, 0)
                        .size(5)
                        .atLeastOld(Duration.ofMinutes(1))
                        .takeIds())
                .isEmpty();
        assertThat(engine.aTake().by(strategy).from(a, 1).from(b, 0).size(5).takeIds())
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void whoWantsNothingGetsNothing(int size) {
        put(a, 1);

        assertThat(engine.aTake().size(size).take()).isEmpty();
        assertThat(engine.aTake().from(a, 1).from(b, 1).size(size).take()).isEmpty();
    }

    @Test
    void unknownQueuesAreLeftOutUnlessThereAreOnlySuch() {
        TaskId id = put(a, 1);

        assertThat(engine.aTake()
                        .from("nobody-knows:1")
                        .from(a, 1)
                        .from("nor-this:0")
                        .takeIds())
                .containsExactly(id);
        assertThatThrownBy(() ->
                        engine.aTake().from("nobody-knows:1").from("nor-this:0").take())
                .isInstanceOfSatisfying(Refused.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN);
                    assertThat(refused).hasMessageContaining("nobody-knows").hasMessageContaining("nor-this");
                });
    }

    @Test
    void aQueueThatIsNamedTwiceIsTakenFromOnce() {
        List<TaskId> ids = engine.aTask().put(4);

        assertThat(engine.aTake()
                        .by(Strategy.ROUND_ROBIN)
                        .from(a, 1)
                        .from(a, 1)
                        .size(3)
                        .takeIds())
                .isEqualTo(ids.subList(0, 3));
        assertThat(engine.aTake().by(Strategy.SEQUENTIAL).from(a, 1).from(a, 1).takeIds())
                .isEqualTo(ids.subList(3, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {16 << 10, (16 << 10) + 1, 3 << 20})
    void largeDataComesAsItWasPut(int size) {
        String data = "\"" + "x".repeat(size - 2) + "\"";
        TaskId large = engine.aTask().data(data).put();
        TaskId small = engine.aTask().put();
        List<Attempt> attempts =
                engine.aTake().size(2).take().values().iterator().next();

        assertThat(attempts).extracting(Attempt::id).containsExactly(large, small);
        assertThat(attempts.get(0).data().text()).isEqualTo(data);
    }

    @Test
    void noTwoWorkersGetTheSameTask() {
        List<TaskId> ids = engine.aTask().put(100);
        ids.addAll(engine.aTask().of(b).put(100));
        List<CompletionStage<List<TaskId>>> takes = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            Take take = engine.aTake()
                    .by(i % 2 == 0 ? Strategy.FIFO : Strategy.ROUND_ROBIN)
                    .from(a, 1)
                    .from(b, 1)
                    .size(5)
                    .make();
            takes.add(engine.takes.take(take).thenApply(Engine::ids));
        }
        List<List<TaskId>> taken = new ArrayList<>(Waiting.on(Stages.all(takes)));
        assertThat(taken).allSatisfy(one -> assertThat(one).hasSizeLessThanOrEqualTo(5));
        taken.add(engine.aTake().from(a, 1).from(b, 1).size(200).takeIds());

        assertThat(taken.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(ids);
    }
}
