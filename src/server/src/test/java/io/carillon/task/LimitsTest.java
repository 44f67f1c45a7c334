package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.queue.Queue;
import io.carillon.queue.Rate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.api.RDeque;
import org.redisson.client.codec.StringCodec;

/** What a queue's settings allow workers to take, and whose turn it is. */
class LimitsTest {
    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private List<TaskId> take(int size) {
        return engine.aTake().size(size).takeIds();
    }

    @Test
    void aPausedQueueGivesNothingUntilItGoesOn() {
        TaskId id = engine.aTask().put();
        engine.settings(settings -> settings.paused(true));
        assertThat(take(1)).isEmpty();
        engine.settings(settings -> settings.paused(false));

        assertThat(take(1)).containsExactly(id);
    }

    @Test
    void noMoreTasksRunAtOnceThanMay() {
        List<TaskId> ids = engine.aTask().put(5);
        engine.settings(settings -> settings.concurrency(2));

        assertThat(take(5)).isEqualTo(ids.subList(0, 2));
        assertThat(take(5)).isEmpty();
        engine.complete(ids.get(0));
        assertThat(take(5)).containsExactly(ids.get(2));
    }

    @Test
    void theLimitIsOneForAllLevels() {
        engine.aTask().put(2);
        engine.aTask().online().put(2);
        engine.settings(settings -> settings.concurrency(3));

        assertThat(engine.aTake().online().size(5).takeIds()).hasSize(2);
        assertThat(take(5)).hasSize(1);
    }

    @Test
    void noMoreTasksAreTakenInASecondThanMay() {
        engine.aTask().put(10);
        engine.settings(settings -> settings.rate(new Rate(3, Rate.MINUTE)));

        assertThat(take(2)).hasSize(2);
        assertThat(take(5)).hasSize(1);
        assertThat(take(5)).isEmpty();
    }

    @Test
    void aRateAllowsAsManyAgainWhenItsTimeIsOver() {
        engine.aTask().put(4);
        engine.settings(settings -> settings.rate(new Rate(2, Rate.SECOND)));
        List<TaskId> taken = new ArrayList<>(take(4));
        long first = System.currentTimeMillis();
        assertThat(taken).hasSize(2);

        Waiting.until(() -> {
            taken.addAll(take(4));
            assertThat(taken).hasSize(4);
        });
        assertThat(System.currentTimeMillis() - first).isGreaterThan(900);
    }

    @Test
    void startsFromBeforeTheClockWasSetBackDoNotHoldUpARate() {
        engine.aTask().put(4);
        engine.settings(settings -> settings.rate(new Rate(2, Rate.SECOND)));
        assertThat(take(4)).hasSize(2);
        RDeque<String> starts =
                engine.redis.getDeque(Keys.queue(engine.first().number()) + "rate", StringCodec.INSTANCE);
        starts.delete();
        long ahead = (System.currentTimeMillis() + 3_600_000) * 1000;
        starts.addAll(List.of(Long.toString(ahead + 1), Long.toString(ahead)));

        assertThat(take(4)).hasSize(2);
    }

    @Test
    void aSequentialQueueRunsOneTaskWhateverTheStrategy() {
        List<TaskId> ids = engine.aTask().put(3);
        engine.settings(settings -> settings.sequential(true));

        assertThat(take(3)).containsExactly(ids.get(0));
        assertThat(take(3)).isEmpty();
        engine.complete(ids.get(0));
        assertThat(take(3)).containsExactly(ids.get(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void groupsTakeTurns(int level) {
        List<TaskId> a = engine.aTask().level(level).inGroup("a").put(4);
        List<TaskId> none = engine.aTask().level(level).put(2);
        List<TaskId> b = engine.aTask().level(level).inGroup("b").put(2);

        List<TaskId> taken = engine.aTake().from(engine.first(), level).size(8).takeIds();

        assertThat(taken).hasSize(8).containsAll(a).containsAll(b).containsAll(none);
        assertThat(taken.subList(0, 6)).contains(b.get(1), none.get(1), a.get(1));
        assertThat(taken.subList(6, 8)).containsExactly(a.get(2), a.get(3));
    }

    @Test
    void withinAGroupTheOrderHolds() {
        List<TaskId> a = new ArrayList<>();
        List<TaskId> b = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            a.add(engine.aTask().inGroup("a").put());
            b.add(engine.aTask().inGroup("b").put());
        }
        List<TaskId> taken = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            taken.addAll(take(2));
        }

        assertThat(taken.stream().filter(a::contains).toList()).isEqualTo(a);
        assertThat(taken.stream().filter(b::contains).toList()).isEqualTo(b);
    }

    @Test
    void aGroupAtItsLimitHoldsUpNoOther() {
        List<TaskId> a = engine.aTask().inGroup("a").put(3);
        List<TaskId> b = engine.aTask().inGroup("b").put(3);
        engine.settings(settings -> settings.groupConcurrency(1));

        assertThat(take(6)).containsExactlyInAnyOrder(a.get(0), b.get(0));
        assertThat(take(6)).isEmpty();
        engine.complete(a.get(0));
        assertThat(take(6)).containsExactly(a.get(1));
        engine.settings(settings -> settings.groupConcurrency(2));
        assertThat(take(6)).containsExactlyInAnyOrder(a.get(2), b.get(1));
    }

    @Test
    void aGroupsRateIsItsOwn() {
        engine.aTask().inGroup("a").put(5);
        List<TaskId> b = engine.aTask().inGroup("b").put(1);
        engine.settings(settings -> settings.groupRate(new Rate(2, Rate.MINUTE)));

        assertThat(take(6)).hasSize(3).containsAll(b);
        assertThat(take(6)).isEmpty();
    }

    @Test
    void limitsLeaveNothingBehindWhenAllIsDone() {
        engine.settings(settings -> settings.groupConcurrency(1).concurrency(3));
        engine.aTask().inGroup("a").put(3);
        engine.aTask().inGroup("b").put(2);
        engine.aTask().put(2);
        for (List<TaskId> taken; !(taken = take(9)).isEmpty(); ) {
            taken.forEach(engine::complete);
        }

        assertThat(engine.left().keySet()).containsExactlyInAnyOrder("accepted", "counts", "settings", "turn:1");
        assertThat(engine.counts()).containsEntry("1:succeeded", 7L).doesNotContainKeys("1:waiting", "1:running");
    }

    @Test
    void aLeaseOfTheQueueHoldsForTakesThatSayNothing() {
        engine.settings(settings -> settings.lease(Duration.ofSeconds(77)));
        engine.aTask().put(2);
        Attempt usual = engine.aTake().takeOne();
        Attempt own = engine.aTake().leasing(Duration.ofSeconds(5)).takeOne();

        assertThat(usual.deadline() - usual.started()).isEqualTo(77_000);
        assertThat(own.deadline() - own.started()).isEqualTo(5_000);
    }

    @Test
    void aLostLeaseGivesAGroupItsPlaceBack() {
        engine.settings(settings -> settings.groupConcurrency(1));
        List<TaskId> ids = engine.aTask().inGroup("a").put(2);
        engine.aTake().losingTheLease().take();
        engine.reapUntil(() -> TaskAssert.assertThat(engine.find(ids.get(0))).isWaiting());

        Attempt again = engine.aTake().takeOne();
        assertThat(again.id()).isEqualTo(ids.get(0));
        assertThat(Waiting.on(engine.leases.release(again.id(), OptionalInt.empty(), null)))
                .isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void tasksWithoutAGroupAreNotForgottenWhileAllGroupsAreHeldBack() {
        engine.settings(settings -> settings.groupConcurrency(1));
        List<TaskId> a = engine.aTask().inGroup("a").put(2);
        assertThat(take(5)).containsExactly(a.get(0));
        assertThat(take(5)).isEmpty();
        TaskId nameless = engine.aTask().put();
        engine.complete(a.get(0));

        assertThat(take(5)).containsExactlyInAnyOrder(nameless, a.get(1));
    }

    @Test
    void tasksWithoutAGroupAreNotForgottenWhenALimitOfGroupsEnds() {
        engine.settings(settings -> settings.groupConcurrency(1));
        List<TaskId> a = engine.aTask().inGroup("a").put(11);
        assertThat(take(5)).containsExactly(a.get(0));
        assertThat(take(5)).isEmpty();
        TaskId nameless = engine.aTask().put();
        engine.settings(settings -> settings.groupConcurrency(null));

        assertThat(take(2)).containsExactlyInAnyOrder(nameless, a.get(1));
    }

    @Test
    void aQueueAtItsLimitDoesNotStarveAnotherOfTheSameTake() {
        engine.aTask().put(2);
        engine.settings(settings -> settings.concurrency(1));
        take(1);
        Queue other = engine.queue();
        TaskId id = engine.aTask().of(other).put();

        assertThat(engine.aTake().from(engine.first(), 1).from(other, 1).takeIds())
                .containsExactly(id);
    }
}
