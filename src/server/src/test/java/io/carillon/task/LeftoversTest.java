package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Redis keeps of a queue's tasks when they have ended, and while they have not: these keys and no others. */
class LeftoversTest {
    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void nothingIsLeftBut(String... keys) {
        assertThat(engine.left().keySet()).isEqualTo(new TreeSet<>(Set.of(keys)));
    }

    private void onlyRecordsAreLeft(TaskId... ids) {
        Set<String> keys = new TreeSet<>(Set.of("accepted", "counts", "online"));
        for (TaskId id : ids) {
            keys.add("task:" + id);
        }
        Map<String, Object> left = engine.left();
        assertThat(left.keySet()).isEqualTo(keys);
        assertThat(left.get("online")).isEqualTo(Engine.texts(ids));
    }

    @Test
    void anEmptyQueueHasNothing() {
        assertThat(engine.left()).isEmpty();
        assertThat(engine.aTake().online().takeIds()).isEmpty();
        assertThat(engine.left()).isEmpty();
    }

    @Test
    void aWaitingOfflineTaskIsInItsLevelOnly() {
        TaskId id = engine.aTask().level(3).put();

        nothingIsLeftBut("accepted", "counts", "ready:3", "task:" + id, "window");
        assertThat(engine.counts()).isEqualTo(Map.of("3:waiting", 1L, "3:put", 1L));
    }

    @Test
    void aRunningOfflineTaskIsLeasedOnly() {
        TaskId id = engine.aTask().put();
        engine.aTake().take();

        nothingIsLeftBut("accepted", "counts", "leased", "task:" + id);
        assertThat(engine.counts()).isEqualTo(Map.of("1:running", 1L, "1:put", 1L, "1:taken", 1L));
    }

    @Test
    void aFinishedOfflineTaskLeaves() {
        TaskId id = engine.aTask().callingBack().put();
        engine.aTake().take();
        engine.complete(id);

        nothingIsLeftBut("accepted", "counts");
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 1L, "1:taken", 1L, "1:succeeded", 1L, "1:completed", 1L));
    }

    @Test
    void anOfflineTaskThatNobodyTookLeavesWhenItIsCompleted() {
        engine.complete(engine.aTask().put());

        nothingIsLeftBut("accepted", "counts");
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 1L, "1:succeeded", 1L, "1:completed", 1L));
    }

    @Test
    void aWaitingOnlineTaskIsInItsPlaces() {
        TaskId id = engine.aTask().blocking("here").put();

        nothingIsLeftBut("accepted", "counts", "expiry", "held:here", "online", "ready:0", "task:" + id);
        assertThat(engine.counts()).isEqualTo(Map.of("0:waiting", 1L, "0:put", 1L));
    }

    @Test
    void ofAFinishedBlockingTaskTheRecordIsLeft() {
        TaskId id = engine.aTask().blocking("here").put();
        engine.aTake().online().take();
        nothingIsLeftBut("accepted", "counts", "expiry", "held:here", "leased", "online", "task:" + id);
        engine.complete(id);

        onlyRecordsAreLeft(id);
        assertThat(engine.counts()).isEqualTo(Map.of("0:put", 1L, "0:taken", 1L, "0:succeeded", 1L, "0:completed", 1L));
    }

    @Test
    void theRecordOfAnOnlineTaskGoesAfterItsRetention() {
        TaskId id = engine.aTask().online().put();
        assertThat(engine.redis.getBucket(Keys.task(id)).remainTimeToLive()).isEqualTo(-1);
        engine.complete(id);

        assertThat(engine.redis.getBucket(Keys.task(id)).remainTimeToLive())
                .isBetween(Engine.RETENTION.minusMinutes(1).toMillis(), Engine.RETENTION.toMillis());
    }

    @Test
    void anOnlineCallbackIsOwedUntilItIsInMariaDb() {
        TaskId id = engine.aTask().online().callingBack().put();
        engine.aTake().online().take();
        Waiting.on(engine.window.end(new Window.End(
                id, TaskState.SUCCEEDED, DONE, OptionalInt.empty(), Engine.RETENTION, true, null, false, null)));
        nothingIsLeftBut("accepted", "counts", "online", "owed", "task:" + id);

        engine.reap();

        Waiting.until(() -> onlyRecordsAreLeft(id));
    }

    @Test
    void aCancelledTaskOwesNothing() {
        TaskId waiting = engine.aTask().online().callingBack().put();
        engine.cancel(waiting);
        TaskId running = engine.aTask().online().callingBack().put();
        engine.aTake().online().take();
        engine.cancel(running);

        onlyRecordsAreLeft(waiting, running);
        assertThat(engine.counts()).isEqualTo(Map.of("0:put", 2L, "0:taken", 1L, "0:cancelled", 2L, "0:completed", 2L));
    }

    @Test
    void aCancelledOfflineTaskLeaves() {
        engine.cancel(engine.aTask().put());
        TaskId running = engine.aTask().put();
        engine.aTake().take();
        engine.cancel(running);

        nothingIsLeftBut("accepted", "counts");
    }

    @Test
    void aRedeliveredTaskWaitsAgainAndLeavesNothingOfItsOldLease() {
        TaskId id = engine.aTask().put();
        engine.aTake().losingTheLease().take();
        engine.reapUntil(() -> TaskAssert.assertThat(engine.find(id)).isWaiting());

        Waiting.until(() -> nothingIsLeftBut("accepted", "counts", "ready:1", "task:" + id, "window"));
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 1L, "1:taken", 1L, "1:waiting", 1L, "1:redelivered", 1L));
        engine.aTake().take();
        engine.complete(id);
        nothingIsLeftBut("accepted", "counts");
    }

    @Test
    void aTaskThatLostItsLastLeaseLeaves() {
        TaskId id = engine.aTask().put();
        engine.aTake().losingTheLease().losingAtMost(0).take();
        engine.reapUntil(() -> TaskAssert.assertThat(engine.find(id)).isTimeout());

        Waiting.until(() -> nothingIsLeftBut("accepted", "counts"));
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 1L, "1:taken", 1L, "1:timeout", 1L, "1:completed", 1L));
    }

    @Test
    void expiredTasksLeaveWhetherTheyWaitOrRun() {
        TaskId running = engine.aTask().living(Duration.ofSeconds(10)).put();
        engine.aTake().take();
        engine.aTask().living(Duration.ofSeconds(10)).put();
        engine.clock.advance(Duration.ofSeconds(11));
        engine.reap();

        Waiting.until(() -> nothingIsLeftBut("accepted", "counts"));
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 2L, "1:taken", 1L, "1:timeout", 2L, "1:completed", 2L));
        TaskAssert.assertThat(engine.find(running)).isTimeout();
    }

    @Test
    void expiredOnlineTasksKeepTheirRecords() {
        TaskId running = engine.aTask().online().living(Duration.ofMillis(200)).put();
        engine.aTake().online().take();
        TaskId waiting =
                engine.aTask().blocking("here").living(Duration.ofMillis(1)).put();
        engine.reapUntil(() -> onlyRecordsAreLeft(running, waiting));

        assertThat(engine.counts()).isEqualTo(Map.of("0:put", 2L, "0:taken", 1L, "0:timeout", 2L, "0:completed", 2L));
    }

    @Test
    void aTakeOfNothingButExpiredTasksLeavesThemToTheReaper() {
        TaskId id = engine.aTask().online().living(Duration.ofMillis(1)).put();
        engine.passes(engine.find(id).expires());

        assertThat(engine.aTake().online().takeIds()).isEmpty();
        engine.reapUntil(() -> TaskAssert.assertThat(engine.find(id)).isTimeout());
        onlyRecordsAreLeft(id);
        assertThat(engine.counts()).isEqualTo(Map.of("0:put", 1L, "0:timeout", 1L, "0:completed", 1L));
    }

    @Test
    void progressOfATaskLeavesWithIt() {
        TaskId id = engine.aTask().put();
        engine.aTake().take();
        Waiting.on(engine.tasks.progress(id, OptionalInt.of(1), RawJson.of("{\"percent\":5}")));
        nothingIsLeftBut("accepted", "counts", "leased", "task:" + id);
        engine.complete(id);

        nothingIsLeftBut("accepted", "counts");
    }

    @Test
    void aWatchedTaskLeavesItsEventsForAWhile() {
        TaskId id = engine.aTask().put();
        Waiting.on(engine.tasks.watch(id));
        engine.aTake().take();
        engine.complete(id);

        nothingIsLeftBut("accepted", "counts", "events:" + id, "watched");
        assertThat(engine.redis.getBucket(Keys.events(id)).remainTimeToLive()).isBetween(1L, 600_000L);
        assertThat(engine.redis.getBucket(Keys.queue(id.queue()) + "watched").remainTimeToLive())
                .isBetween(1L, 600_000L);
    }

    @Test
    void aLookForChangesKeepsTheQueueWatched() {
        TaskId id = engine.aTask().put();
        Waiting.on(engine.tasks.watch(id));
        engine.redis.getKeys().delete(Keys.queue(id.queue()) + "watched");
        changes(id);
        engine.aTake().take();

        assertThat(changes(id)).contains("\"state\":\"running\"");
    }

    private String changes(TaskId id) {
        return Waiting.on(new Scripts(engine.redis)
                        .list(Script.named("changes"), Keys.queue(id.queue()), id.text(), "0-0", 10))
                .stream()
                .map(part -> part instanceof byte[] text ? Scripts.text(text) : part.toString())
                .collect(Collectors.joining(" "));
    }

    @Test
    void theSequentialLockGoesWithItsHolder() {
        TaskId id = engine.aTask().put();
        engine.aTake().by(Strategy.SEQUENTIAL).take();
        nothingIsLeftBut("accepted", "counts", "leased", "sequential:1", "task:" + id);
        assertThat(engine.left().get("sequential:1")).isEqualTo(id.text());
        engine.complete(id);

        nothingIsLeftBut("accepted", "counts");
    }

    @Test
    void aFullQueueKeepsNothingOfTheTaskThatItRefuses() {
        engine.close();
        engine = Engine.startWithCapacity(1);
        TaskId id = engine.aTask().online().put();
        Map<String, Object> before = engine.left();

        assertThat(Waiting.on(engine.window.put(engine.aTask().blocking("here").make(), 1)))
                .isEmpty();
        assertThat(engine.left()).isEqualTo(before);
        assertThat(before.get("ready:0")).isEqualTo(List.of(id.text()));
    }

    @Test
    void anIndexOfOnlineTasksForgetsOldOnes() {
        TaskId id = engine.aTask().online().put();
        engine.complete(id);
        engine.clock.advance(Engine.RETENTION.plusDays(1).plusMinutes(1));
        engine.reap();

        Waiting.until(() -> nothingIsLeftBut("accepted", "counts", "task:" + id));
    }
}
