package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.RedisClients;
import io.carillon.queue.Level;
import io.carillon.stores.EmbeddedRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

class ReaperTest {
    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static String overtime(TaskId id) {
        return "{\"status_code\":\"408\",\"request_id\":\"" + id + "\"}";
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void expiredLeaseGivesTheTaskToAnotherWorkerInItsOldPlace(int level) {
        List<TaskId> ids = engine.aTask().level(level).put(3);
        engine.aTake()
                .from(engine.first(), level)
                .worker("alice")
                .losingTheLease()
                .take();
        engine.reapUntil(() -> assertThat(engine.find(ids.get(0))).isWaiting().hasLost(1));

        assertThat(engine.aTake()
                        .from(engine.first(), level)
                        .size(3)
                        .worker("bob")
                        .takeIds())
                .isEqualTo(ids);
        assertThat(engine.find(ids.get(0))).isRunning().onAttempt(2).takenBy("bob");
    }

    @Test
    void aLeaseThatLastsIsLeftAlone() {
        TaskId id = engine.aTask().put();
        engine.aTake().take();
        engine.reap();
        engine.reap();

        assertThat(engine.find(id)).isRunning().onAttempt(1).hasLost(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskThatLostItsLastLeaseIsGivenUpAndItsProducerIsTold(int level) {
        TaskId id = engine.aTask().level(level).callingBack().put();
        engine.aTake()
                .from(engine.first(), level)
                .losingTheLease()
                .losingAtMost(0)
                .take();
        engine.reapUntil(() -> assertThat(engine.find(id)).isTimeout());

        Waiting.until(() -> assertThat(engine.callback(id)).contains(overtime(id)));
        assertThat(engine.find(id).error()).contains("attempt 1");
        assertThat(engine.aTake().from(engine.first(), level).takeIds()).isEmpty();
    }

    @Test
    void anExpiredOfflineTaskEndsInTimeoutAndItsProducerIsTold() {
        TaskId id = engine.aTask().callingBack().living(Duration.ofMinutes(1)).put();
        engine.clock.advance(Duration.ofSeconds(61));
        engine.reapUntil(() -> assertThat(engine.find(id)).isTimeout());

        assertThat(engine.callback(id)).contains(overtime(id));
        assertThat(engine.complete(id)).isEqualTo(Completion.REFUSED);
    }

    @Test
    void anOfflineTaskEndsWithTheNextLookAlsoWhenItsQueueIsIdle() {
        TaskId id = engine.aTask().living(Duration.ofMinutes(1)).put();
        for (int looks = 0; looks < 3; looks++) {
            engine.reaper.runOnce();
        }
        engine.clock.advance(Duration.ofSeconds(61));

        engine.reaper.runOnce();

        Waiting.until(() -> assertThat(engine.find(id)).isTimeout());
    }

    @Test
    void resultAfterTheTasksLifeIsRefusedBeforeTheReaperComes() {
        TaskId id = engine.aTask().living(Duration.ofMinutes(1)).put();
        engine.clock.advance(Duration.ofSeconds(61));

        assertThat(engine.complete(id)).isEqualTo(Completion.REFUSED);
        assertThat(engine.find(id)).isWaiting();
    }

    @Test
    void anExpiredOnlineTaskEndsInTimeoutAndItsProducerIsTold() {
        TaskId id = engine.aTask()
                .online()
                .callingBack()
                .living(Duration.ofMillis(1))
                .put();
        engine.reapUntil(() -> assertThat(engine.find(id)).isTimeout());

        Waiting.until(() -> assertThat(engine.callback(id)).contains(overtime(id)));
    }

    @Test
    void whatACrashLeftOwedIsSettled() {
        TaskId id = engine.aTask().online().callingBack().put();
        Waiting.on(engine.window.end(new Window.End(
                id, TaskState.SUCCEEDED, DONE, OptionalInt.empty(), Engine.RETENTION, true, null, false, null)));
        assertThat(engine.callback(id)).isEmpty();
        engine.reapUntil(() -> assertThat(engine.left()).doesNotContainKey("owed"));

        assertThat(engine.callback(id)).contains(DONE.text());
    }

    @Test
    void whatIsOwedTwiceIsCalledBackOnce() {
        TaskId id = engine.aTask().online().callingBack().put();
        engine.complete(id);
        Waiting.until(() -> assertThat(engine.left()).doesNotContainKey("owed"));
        engine.redis.<String>getSet(Keys.owed(id.queue()), StringCodec.INSTANCE).add(id.text());
        engine.reapUntil(() -> assertThat(engine.left()).doesNotContainKey("owed"));

        assertThat(engine.callback(id)).contains(DONE.text());
    }

    @Test
    void whatTheCallersOfADeadInstanceWaitedForIsCancelled() {
        TaskId waiting = engine.aTask().blocking("dead").put();
        TaskId ended = engine.aTask().blocking("dead").put();
        engine.complete(ended);
        TaskId ofOthers = engine.aTask().blocking("alive").put();
        Waiting.on(engine.reaper.cancelHeld("dead"));
        engine.reapUntil(() -> assertThat(engine.find(waiting)).isCancelled());

        assertThat(engine.find(ofOthers)).isWaiting();
        assertThat(engine.find(ended)).isSucceeded();
    }

    @Test
    void anInstanceIsBuriedInQueuesThatThisOneNeverSawToo() {
        Reaper another = engine.anotherReaper();
        another.runOnce();
        another.sweepOnce();
        TaskId id = engine.aTask().of(engine.queue()).blocking("dead").put();
        Waiting.on(another.cancelHeld("dead"));

        Waiting.until(() -> assertThat(engine.find(id)).isCancelled());
    }

    @Test
    void aTaskThatRedisLacksComesBack() {
        List<TaskId> ids = engine.aTask().put(3);
        engine.redis.getKeys().delete(Keys.task(ids.get(1)));
        engine.redis
                .<String>getScoredSortedSet(Keys.ready(engine.first().number(), new Level(1), ""), StringCodec.INSTANCE)
                .remove(ids.get(1).text());
        engine.clock.advance(Duration.ofSeconds(6));
        engine.reapUntil(() -> assertThat(engine.left()).containsKey("task:" + ids.get(1)));

        assertThat(engine.aTake().size(3).takeIds()).isEqualTo(ids);
    }

    @Test
    void aTaskThatHasEndedLeavesTheQueueAlthoughRedisMissedIt() {
        TaskId waiting = engine.aTask().put();
        TaskId running = engine.aTask().level(2).put();
        engine.aTake().from(engine.first(), 2).losingTheLease().take();
        engine.table.end(
                List.of(
                        new TaskTable.End(waiting, TaskState.CANCELLED, null, "why", false, false, false),
                        new TaskTable.End(running, TaskState.SUCCEEDED, DONE, null, true, false, false)),
                Map.of());
        assertThat(engine.left()).containsKeys("task:" + waiting, "task:" + running);
        engine.reapUntil(() -> assertThat(engine.left().keySet()).containsExactlyInAnyOrder("accepted", "counts"));

        assertThat(engine.find(waiting)).isCancelled();
        assertThat(engine.find(running)).isSucceeded();
    }

    @Test
    void anEndThatAnotherInstanceCarriesOutFirstCountsOnce() {
        TaskId running = engine.aTask().put();
        engine.aTake().losingTheLease().take();
        TaskId waiting = engine.aTask().level(2).put();
        engine.passes(engine.clock.millis() + 5);

        engine.faults.afterNextCommit(engine::reap);
        assertThat(engine.complete(running)).isEqualTo(Completion.ACCEPTED);
        engine.faults.afterNextCommit(engine::reap);
        engine.cancel(waiting);

        Map<String, Long> counts = engine.counts();
        assertThat(counts)
                .containsOnlyKeys(
                        "1:put", "1:taken", "1:succeeded", "1:completed", "2:put", "2:cancelled", "2:completed");
        assertThat(counts.values()).containsOnly(1L);
    }

    @Test
    void resultForATaskThatHadEndedFreesWhatItHoldsInRedis() {
        TaskId id = engine.aTask().put();
        engine.aTake().by(Strategy.SEQUENTIAL).take();
        engine.table.end(
                List.of(new TaskTable.End(id, TaskState.CANCELLED, null, "why", false, false, false)), Map.of());

        assertThat(engine.complete(id)).isEqualTo(Completion.REFUSED);
        assertThat(engine.left().keySet()).containsExactlyInAnyOrder("accepted", "counts");
    }

    @Test
    void aPutSucceedsAlthoughRedisGoesDownAfterItsCommitAndTheTaskComesBack(@TempDir Path directory) {
        try (EmbeddedRedis own = EmbeddedRedis.start(directory)) {
            RedissonClient client = RedisClients.impatient(own.url());
            Engine alone = Engine.startOn(client);
            try {
                TaskId before = alone.aTask().put();
                alone.faults.afterNextCommit(own::stop);
                TaskId id = alone.aTask().put();
                assertThat(alone.table.find(id).orElseThrow()).isWaiting();
                assertThat(alone.find(id)).isWaiting();
                own.restart();
                alone.clock.advance(Duration.ofSeconds(6));
                Waiting.until(() -> {
                    try {
                        alone.reap();
                    } catch (RuntimeException notYet) {
                        throw new AssertionError(notYet);
                    }
                    assertThat(alone.left()).containsKey("task:" + id);
                });

                assertThat(alone.aTake().size(5).takeIds()).containsExactly(before, id);
            } finally {
                alone.close();
                client.shutdown();
            }
        }
    }

    @Test
    void anEndSucceedsAlthoughRedisIsDownAndWhoAsksWithoutItIsRefused(@TempDir Path directory) {
        try (EmbeddedRedis own = EmbeddedRedis.start(directory)) {
            RedissonClient client = RedisClients.impatient(own.url());
            Engine alone = Engine.startOn(client);
            try {
                TaskId id = alone.aTask().callingBack().put();
                TaskId online = alone.aTask().online().put();
                own.stop();
                assertThat(alone.complete(id)).isEqualTo(Completion.ACCEPTED);
                assertThat(alone.callback(id)).contains(DONE.text());
                Assertions.assertThatThrownBy(() -> alone.find(online)).isInstanceOf(Refused.class);
                own.restart();
                Waiting.until(() -> {
                    try {
                        alone.reap();
                        assertThat(alone.left()).doesNotContainKey("task:" + id);
                    } catch (RuntimeException notYet) {
                        throw new AssertionError(notYet);
                    }
                });
            } finally {
                alone.close();
                client.shutdown();
            }
        }
    }

    @Test
    void countsThatACrashPutWrongAreMended() {
        engine.aTask().put(2);
        engine.redis
                .<String, String>getMap(Keys.queue(engine.first().number()) + "counts", StringCodec.INSTANCE)
                .putAll(Map.of("1:waiting", "5", "1:running", "-1"));
        for (int i = 0; i < 11; i++) {
            engine.reap();
        }

        assertThat(engine.counts()).containsEntry("1:waiting", 2L).doesNotContainKey("1:running");
    }
}
