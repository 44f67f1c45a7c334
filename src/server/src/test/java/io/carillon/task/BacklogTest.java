package io.carillon.task;

import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.redis.RedisClients;
import io.carillon.queue.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.codec.StringCodec;

/** Offline tasks that wait in MariaDB: the window on them, and how they come back when Redis has lost everything. */
class BacklogTest {
    private static final int ROOM = 20;

    private Engine engine;

    @AfterEach
    void close() {
        engine.close();
    }

    private long inRedis() {
        return engine.left().keySet().stream()
                .filter(key -> key.startsWith("task:"))
                .count();
    }

    /** Takes and completes one after the other until so many are done. */
    private List<TaskId> drain(int count) {
        List<TaskId> taken = new ArrayList<>();
        Waiting.until(() -> {
            for (List<TaskId> some; !(some = engine.aTake().size(3).takeIds()).isEmpty(); ) {
                some.forEach(engine::complete);
                taken.addAll(some);
            }
            assertThat(taken).hasSize(count);
        });
        return taken;
    }

    /** An attempt that Redis gave out and has forgotten, before MariaDB heard of it. */
    private Attempt attemptThatMariaDbMissed() {
        TaskId id = engine.aTask().put();
        Attempt attempt = engine.aTake().worker("alice").takeOne();
        Waiting.until(() -> assertThat(engine.table.find(id).orElseThrow()).isRunning());
        engine.run("UPDATE task SET state = 'waiting', attempt = 0, worker = NULL, deadline = NULL, started = NULL");
        flush();
        return attempt;
    }

    private void flush() {
        engine.redis.getKeys().deleteByPattern("carillon:{*");
    }

    @Test
    void redisHoldsNoMoreThanItsRoomAndAllAreTakenInOrder() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = engine.aTask().put(3 * ROOM);

        assertThat(inRedis()).isEqualTo(ROOM);
        assertThat(engine.counts()).containsEntry("1:waiting", 3L * ROOM);
        assertThat(drain(3 * ROOM)).isEqualTo(ids);
        assertThat(engine.left()).doesNotContainKey("overflow:1");
        assertThat(engine.counts())
                .isEqualTo(Map.of("1:put", 60L, "1:taken", 60L, "1:completed", 60L, "1:succeeded", 60L));
    }

    @Test
    void oneInstanceAtATimeRefillsALevel() {
        engine = Engine.startWithRoom(ROOM);
        engine.aTask().put(2 * ROOM);
        int queue = engine.first().number();
        Level level = new Level(1);
        String turn = Waiting.on(engine.overflow.takeTurn(queue, level)).orElseThrow();
        engine.aTake().size(ROOM).take();
        engine.refill.level(new Takes.ReadyLevel(queue, level));
        assertThat(inRedis()).isEqualTo(ROOM);

        Waiting.on(engine.overflow.endTurn(queue, level, turn));
        engine.refill.level(new Takes.ReadyLevel(queue, level));

        assertThat(inRedis()).isEqualTo(2L * ROOM);
        assertThat(engine.left()).doesNotContainKey("refilling:1");
    }

    @Test
    void whatHasEndedSinceItsRowWasReadDoesNotComeBack() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = engine.aTask().put(ROOM + 1);
        TaskId completed = ids.get(0);
        TaskId cancelledInMariaDb = ids.get(ROOM);
        int queue = engine.first().number();
        List<StoredTask> read = engine.backlog.waiting(queue, new Level(1), "", 0, 2 * ROOM);
        assertThat(read).hasSize(ROOM + 1);
        assertThat(engine.aTake().takeIds()).containsExactly(completed);
        engine.complete(completed);
        engine.cancel(cancelledInMariaDb);

        assertThat(Waiting.on(engine.window.add(queue, read, Window.Adding.REFILL)))
                .isZero();
        assertThat(Waiting.on(engine.window.add(queue, read, Window.Adding.AGAIN)))
                .isZero();

        assertThat(engine.aTake().size(2 * ROOM).takeIds()).isEqualTo(ids.subList(1, ROOM));
        assertThat(engine.counts()).doesNotContainKey("1:waiting").containsEntry("1:completed", 2L);
    }

    @Test
    void aPutThatIsSaidAgainAfterItsTaskHasEndedDoesNotBringItBack() {
        engine = Engine.startWithRoom(ROOM);
        TaskId id = engine.aTask().put();
        List<StoredTask> put = engine.backlog.waiting(engine.first().number(), new Level(1), "", 0, 1);
        engine.aTake().takeOne();
        engine.complete(id);
        Map<String, Long> counts = engine.counts();

        assertThat(Waiting.on(engine.window.add(engine.first().number(), put, Window.Adding.NEW)))
                .isZero();

        assertThat(engine.aTake().takeIds()).isEmpty();
        assertThat(engine.counts()).isEqualTo(counts);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3600})
    void aTaskThatIsCancelledBetweenItsCommitAndRedisIsNotTakenAndCountedOnce(int dueAfter) {
        engine = Engine.startWithRoom(ROOM);
        ATask aTask = engine.aTask();
        NewTask task = (dueAfter > 0 ? aTask.dueAfter(Duration.ofSeconds(dueAfter)) : aTask).make();
        CompletableFuture<Void> committed = new CompletableFuture<>();
        var put = engine.tasks
                .putTogether(List.of(task), committed, connection -> true)
                .orElseThrow();
        assertThat(engine.cancel(task.id())).isTrue();
        committed.complete(null);
        Waiting.on(put);

        assertThat(engine.aTake().takeIds()).isEmpty();
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 1L, "1:completed", 1L, "1:cancelled", 1L));
    }

    @Test
    void fewTasksOfALevelWaitInRedisWhileItUsesMoreMemoryThanItShall() {
        engine = Engine.startWithLittleMemory();
        List<TaskId> ids = engine.aTask().put(250);

        assertThat(inRedis()).isEqualTo(100);
        flush();
        assertThat(engine.aTake().takeIds()).containsExactly(ids.get(0));
        assertThat(inRedis()).isEqualTo(100);
        assertThat(drain(249)).isEqualTo(ids.subList(1, 250));
    }

    @Test
    void newTasksDoNotOvertakeThoseThatWaitInMariaDb() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = new ArrayList<>(engine.aTask().put(2 * ROOM));
        assertThat(engine.aTake().size(5).takeIds()).isEqualTo(ids.subList(0, 5));
        ids.addAll(engine.aTask().put(5));

        assertThat(drain(2 * ROOM)).isEqualTo(ids.subList(5, ids.size()));
    }

    @Test
    void largeTasksAreFewerInRedis() {
        engine = Engine.startWithRoom(1_000_000);
        String large = "{\"text\":\"" + "x".repeat(15_000) + "\"}";
        List<TaskId> ids = engine.aTask().data(large).put(100);

        assertThat(inRedis()).isLessThan(80);
        assertThat(drain(100)).isEqualTo(ids);
    }

    @Test
    void oneTenantsBacklogDoesNotKeepOutAnothersFirstTasks() {
        engine = Engine.startWithRoom(ROOM);
        engine.aTask().inGroup("big").put(3 * ROOM);
        TaskId small = engine.aTask().inGroup("small").put();

        assertThat(engine.aTake().size(2).takeIds()).contains(small);
    }

    @Test
    void groupsTakeTurnsThoughTheyWaitInMariaDb() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> big = engine.aTask().inGroup("big").put(5 * ROOM);
        List<TaskId> small = engine.aTask().inGroup("small").put(3 * ROOM);
        List<TaskId> taken = drain(8 * ROOM);

        assertThat(taken.subList(0, 4 * ROOM)).filteredOn(small::contains).hasSizeGreaterThan(ROOM);
        assertThat(taken.stream().filter(big::contains).toList()).isEqualTo(big);
        assertThat(taken.stream().filter(small::contains).toList()).isEqualTo(small);
    }

    @Test
    void aGroupThatIsHeldBackDoesNotHoldBackWhatWaitsBesideIt() {
        engine = Engine.startWithRoom(ROOM);
        Waiting.on(new Groups(engine.scripts).stop(engine.first().number(), "stopped"));
        engine.aTask().inGroup("stopped").put(3 * ROOM);
        assertThat(engine.aTake().takeIds()).isEmpty();
        List<TaskId> open = new ArrayList<>(engine.aTask().inGroup("open").put(10));
        open.addAll(engine.aTask().put(10));

        assertThat(drain(20)).containsExactlyInAnyOrderElementsOf(open);
    }

    @Test
    void whileAWindowIsFullEachOtherGroupGetsLittleOfIt() {
        engine = Engine.startWithRoom(ROOM);
        Waiting.on(new Groups(engine.scripts).stop(engine.first().number(), "stopped"));
        engine.aTask().inGroup("stopped").put(3 * ROOM);
        for (int i = 0; i < 3; i++) {
            engine.aTask().inGroup("open" + i).put(ROOM);
        }
        Waiting.on(new Groups(engine.scripts).stop(engine.first().number(), "open0"));
        engine.refill.level(new Takes.ReadyLevel(engine.first().number(), new Level(1)));

        // The share of a put: a tenth of the room.
        assertThat(inRedis()).isLessThanOrEqualTo(ROOM + 3 * (ROOM / 10));
    }

    @Test
    void aTaskThatIsCancelledInMariaDbIsNotTakenAndNotCounted() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = engine.aTask().put(2 * ROOM);
        TaskId last = ids.get(2 * ROOM - 1);

        assertThat(engine.cancel(last)).isTrue();
        assertThat(drain(2 * ROOM - 1)).isEqualTo(ids.subList(0, 2 * ROOM - 1));
        assertThat(engine.counts()).doesNotContainKey("1:waiting").containsEntry("1:cancelled", 1L);
        engine.reapUntil(() -> assertThat(engine.left()).doesNotContainKey("overflow:1"));
    }

    @Test
    void aLostRedisIsFilledAgainBeforeAnythingIsTaken() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = engine.aTask().put(3 * ROOM);
        Attempt running = engine.aTake().worker("alice").takeOne();
        engine.settings(settings -> settings.concurrency(ROOM));
        Waiting.until(
                () -> assertThat(engine.table.find(running.id()).orElseThrow()).isRunning());
        flush();

        assertThat(engine.aTake().takeIds()).containsExactly(ids.get(1));
        assertThat(engine.find(running.id())).isRunning().onAttempt(1).takenBy("alice");
        assertThat(engine.complete(running, Engine.DONE)).isEqualTo(Completion.ACCEPTED);
        engine.complete(ids.get(1));
        assertThat(drain(3 * ROOM - 2)).isEqualTo(ids.subList(2, 3 * ROOM));
        assertThat(engine.counts()).containsEntry("1:succeeded", 60L).doesNotContainKeys("1:waiting", "1:running");
    }

    @Test
    void aPutAfterALossComesAfterAllThatWaited() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = new ArrayList<>(engine.aTask().put(ROOM));
        flush();
        ids.addAll(engine.aTask().put(2));

        assertThat(drain(ROOM + 2)).isEqualTo(ids);
    }

    @Test
    void aPausedQueueStaysPausedAndASequentialOneSequential() {
        engine = Engine.start();
        List<TaskId> ids = engine.aTask().put(3);
        engine.settings(settings -> settings.sequential(true));
        Attempt running = engine.aTake().takeOne();
        Waiting.until(
                () -> assertThat(engine.table.find(running.id()).orElseThrow()).isRunning());
        flush();
        assertThat(engine.aTake().takeIds()).isEmpty();
        engine.complete(running.id());
        assertThat(engine.aTake().takeIds()).containsExactly(ids.get(1));
        engine.complete(ids.get(1));
        engine.settings(settings -> settings.paused(true));
        flush();

        assertThat(engine.aTake().takeIds()).isEmpty();
    }

    @Test
    void noAttemptNumberIsGivenTwiceAlthoughMariaDbMissedOne() {
        engine = Engine.start();
        Attempt unnoticed = attemptThatMariaDbMissed();
        Attempt next = engine.aTake().worker("bob").takeOne();

        assertThat(next.number()).isGreaterThan(unnoticed.number());
        assertThat(engine.complete(unnoticed, Engine.DONE)).isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(engine.complete(next, Engine.DONE)).isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void noAttemptNumberOfADelayedTaskIsGivenTwice() {
        engine = Engine.start();
        TaskId id = engine.aTask().dueAfter(Duration.ofMillis(100)).put();
        long due = engine.find(id).delivery().due();
        engine.passes(due);
        Attempt unnoticed = engine.aTake().worker("alice").takeOne();
        forgetAttempts("state = 'scheduled', due = " + due);
        engine.reapUntil(() -> assertThat(engine.left()).containsKey("task:" + id));
        Attempt next = engine.aTake().worker("bob").takeOne();

        assertThat(next.number()).isGreaterThan(unnoticed.number());
        assertThat(engine.complete(unnoticed, Engine.DONE)).isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(engine.complete(next, Engine.DONE)).isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void noAttemptNumberOfATaskThatComesBackLaterIsGivenTwice() {
        engine = Engine.startWithRoom(ROOM);
        Map<TaskId, Attempt> unnoticed = takeAll(engine.aTask().put(5 * ROOM).size());
        forgetAttempts("state = 'waiting'");
        Map<TaskId, Attempt> next = takeAll(5 * ROOM);

        assertThat(next).containsOnlyKeys(unnoticed.keySet());
        assertThat(next.values())
                .allMatch(attempt ->
                        attempt.number() > unnoticed.get(attempt.id()).number());
        TaskId later = engine.aTask().put();
        assertThat(takeAll(1).get(later).number()).isEqualTo(1);
    }

    @Test
    void noAttemptNumberIsGivenTwiceAfterAHeartbeatHasBroughtBackOne() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = engine.aTask().put(5 * ROOM);
        takeAll(5 * ROOM);
        forgetAttempts("state = 'waiting'");
        TaskId last = ids.get(ids.size() - 1);
        assertThat(Waiting.on(engine.leases.renew("alice", List.of(new Lease(last, 1))))
                        .renewed())
                .containsExactly(last);
        Waiting.on(engine.leases.release(last, OptionalInt.of(1), null));

        // Another that nobody noticed may have had the number 2.
        assertThat(takeAll(5 * ROOM).get(last).number()).isGreaterThan(2);
    }

    private Map<TaskId, Attempt> takeAll(int count) {
        Map<TaskId, Attempt> taken = new HashMap<>();
        Waiting.until(() -> {
            engine.aTake()
                    .size(ROOM)
                    .take()
                    .values()
                    .forEach(attempts -> attempts.forEach(attempt -> taken.put(attempt.id(), attempt)));
            assertThat(taken).hasSize(count);
        });
        return taken;
    }

    /** Redis forgets all, and MariaDB has heard of no attempt. */
    private void forgetAttempts(String rows) {
        Waiting.until(() -> assertThat(engine.rows("SELECT id FROM task WHERE state <> 'running'"))
                .isEmpty());
        engine.run("UPDATE task SET attempt = 0, worker = NULL, deadline = NULL, started = NULL, " + rows);
        flush();
    }

    @Test
    void aHeartbeatBringsBackAnAttemptThatMariaDbMissed() {
        engine = Engine.start();
        Attempt unnoticed = attemptThatMariaDbMissed();
        Leases.Renewed renewed =
                Waiting.on(engine.leases.renew("alice", List.of(new Lease(unnoticed.id(), unnoticed.number()))));

        assertThat(renewed.renewed()).containsExactly(unnoticed.id());
        assertThat(engine.aTake().takeIds()).isEmpty();
        assertThat(engine.complete(unnoticed, Engine.DONE)).isEqualTo(Completion.ACCEPTED);
        assertThat(engine.counts()).doesNotContainKeys("1:waiting", "1:running");
    }

    @Test
    void aHeartbeatBringsBackALeaseThatOnlyMariaDbKnows() {
        engine = Engine.start();
        TaskId id = engine.aTask().put();
        Attempt attempt = engine.aTake().worker("alice").takeOne();
        Waiting.until(() -> assertThat(engine.table.find(id).orElseThrow()).isRunning());
        engine.redis.getKeys().delete(Keys.task(id), Keys.queue(id.queue()) + "leased");

        assertThat(Waiting.on(engine.leases.renew("alice", List.of(new Lease(id, 1))))
                        .renewed())
                .containsExactly(id);
        assertThat(engine.find(id)).isRunning().onAttempt(1);
        assertThat(engine.complete(attempt, Engine.DONE)).isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void anOldCopyOfRedisIsNotTrusted() {
        engine = Engine.start();
        List<TaskId> ids = engine.aTask().put(4);
        engine.aTake().take();
        Waiting.until(
                () -> assertThat(engine.table.find(ids.get(0)).orElseThrow()).isRunning());
        // What a replica has that was cut off before the epoch was opened: all tasks wait, one of them has ended since.
        String prefix = Keys.queue(engine.first().number());
        engine.redis.getKeys().deleteByPattern(prefix + "epoch:*");
        engine.redis
                .<String>getScoredSortedSet(prefix + "ready:1", StringCodec.INSTANCE)
                .add(1, ids.get(0).text());
        engine.table.end(
                List.of(new TaskTable.End(ids.get(3), TaskState.SUCCEEDED, Engine.DONE, null, true, false, false)),
                Map.of());

        assertThat(engine.aTake().size(9).takeIds()).isEqualTo(ids.subList(1, 3));
        assertThat(engine.find(ids.get(0))).isRunning().onAttempt(1);
    }

    @Test
    void aSaveOfRedisIsNoLoss() {
        engine = Engine.start();
        List<TaskId> ids = engine.aTask().put(2);
        String before = engine.redis
                .<String>getBucket(Keys.queue(ids.get(0).queue()) + "epoch", StringCodec.INSTANCE)
                .get();
        Waiting.until(() -> {
            RedisClients.save();
            assertThat(engine.aTake().takeIds()).hasSize(1);
        });

        assertThat(engine.redis
                        .<String>getBucket(Keys.queue(ids.get(0).queue()) + "epoch", StringCodec.INSTANCE)
                        .get())
                .isEqualTo(before);
    }

    @Test
    void onlineTasksThatRedisStillHasStayAsTheyAre() {
        engine = Engine.start();
        TaskId waiting = engine.aTask().online().put();
        TaskId offline = engine.aTask().put();
        engine.redis.getKeys().deleteByPattern(Keys.queue(engine.first().number()) + "epoch:*");

        assertThat(engine.aTake().online().from(engine.first(), 1).size(2).takeIds())
                .containsExactlyInAnyOrder(waiting, offline);
        assertThat(engine.complete(waiting)).isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void aTaskInBackoffComesBackWithItsFailures() {
        engine = Engine.start();
        TaskId id = engine.aTask().put();
        Attempt attempt = engine.aTake().takeOne();
        Waiting.on(engine.leases.retry(
                id, OptionalInt.of(attempt.number()), Optional.of(Duration.ofMinutes(1)), "broken"));
        Waiting.until(() -> assertThat(engine.table.find(id).orElseThrow()).is(TaskState.SCHEDULED));
        flush();
        engine.reapUntil(() -> assertThat(engine.left()).containsKey("task:" + id));

        Task back = engine.find(id);
        assertThat(back).is(TaskState.SCHEDULED).onAttempt(1);
        assertThat(back.delivery().failures()).isEqualTo(1);
    }

    @Test
    void callsOfAllKindsThatMeetALossAtOnceAreAnsweredAndNoneIsLost() {
        engine = Engine.startWithRoom(ROOM);
        Set<TaskId> open = new HashSet<>(engine.aTask().put(2 * ROOM));
        flush();
        var puts = IntStream.range(0, 20).mapToObj(i -> engine.aTask().make()).toList();
        var all = puts.stream().map(engine.tasks::put).toList();
        Waiting.on(Stages.all(all));
        puts.forEach(task -> open.add(task.id()));

        assertThat(drain(2 * ROOM + 20)).containsExactlyInAnyOrderElementsOf(open);
    }

    @Test
    void whatRestsDoesNotKeepOutWhatWaits() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = engine.aTask().put(3 * ROOM);
        for (int i = 0; i < ROOM; i++) {
            Attempt attempt = engine.aTake().takeOne();
            Waiting.on(
                    engine.leases.retry(attempt.id(), OptionalInt.empty(), Optional.of(Duration.ofHours(1)), "broken"));
        }

        assertThat(drain(2 * ROOM)).isEqualTo(ids.subList(ROOM, 3 * ROOM));
    }

    @Test
    void aDelayedTaskThatIsDueDoesNotHideThoseThatWaitInMariaDb() {
        engine = Engine.startWithRoom(ROOM);
        List<TaskId> ids = new ArrayList<>(engine.aTask().put(3 * ROOM));
        TaskId delayed = engine.aTask().dueAfter(Duration.ofMillis(100)).put();
        engine.passes(engine.find(delayed).delivery().due());
        List<TaskId> first = engine.aTake().size(2).takeIds();
        engine.aTask().put(3);
        List<TaskId> taken = new ArrayList<>(first);
        taken.addAll(drain(3 * ROOM + 2));

        assertThat(taken).contains(delayed);
        assertThat(taken.stream().filter(ids::contains).toList()).isEqualTo(ids);
    }

    @Test
    void tasksThatAreLongDueInAPausedQueueDoNotHoldUpOthers() {
        engine = Engine.start();
        TaskId overdue = engine.aTask().dueAfter(Duration.ofMillis(1)).put();
        engine.passes(engine.find(overdue).expires() - Duration.ofMinutes(60).toMillis() + 50);
        engine.reap();
        TaskId later = engine.aTask().dueAfter(Duration.ofHours(1)).put();
        engine.run("UPDATE task SET due = " + (System.currentTimeMillis() + 60_000) + " WHERE id = '" + later + "'");
        engine.reapUntil(() -> assertThat(engine.left()).containsKey("task:" + later));

        assertThat(engine.rows("SELECT state FROM task WHERE id = ?", overdue.text()))
                .containsExactly("waiting");
    }

    private void putDueInAnHour(int count) {
        var puts = IntStream.range(0, count)
                .mapToObj(i -> engine.tasks.put(
                        engine.aTask().dueAfter(Duration.ofHours(1)).make()))
                .toList();
        Waiting.on(Stages.all(puts));
        assertThat(inRedis()).isZero();
    }

    private int scheduledInRedis() {
        return engine.redis
                .getScoredSortedSet(Keys.queue(engine.first().number()) + "scheduled", StringCodec.INSTANCE)
                .size();
    }

    @Test
    void moreTasksThatAreDueAtOnceThanAStepBringsAreAllBroughtAndWhatIsDueLaterToo() {
        engine = Engine.start();
        putDueInAnHour(2_500);
        long due = System.currentTimeMillis() + 60_000;
        engine.run("UPDATE task SET due = " + due);
        engine.run("UPDATE task SET due = due + 1 ORDER BY id LIMIT 1");
        for (int step = 0; step < 3; step++) {
            engine.reaper.sweepOnce();
        }

        assertThat(scheduledInRedis()).isEqualTo(2_500);
        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 2_500L, "1:scheduled", 2_500L));
    }

    @Test
    void whatCameDueWhileNoServerRanIsCountedAsWaitingOnce() {
        engine = Engine.startWithRoom(ROOM);
        putDueInAnHour(3 * ROOM);
        engine.run("UPDATE task SET due = " + (System.currentTimeMillis() - 60_000));
        try (Engine started = engine.another(engine.redis)) {
            started.reaper.sweepOnce();
            assertThat(engine.counts()).isEqualTo(Map.of("1:put", 60L, "1:waiting", 60L));
            engine.reaper.sweepOnce();

            assertThat(engine.counts()).isEqualTo(Map.of("1:put", 60L, "1:waiting", 60L));
            assertThat(drain(3 * ROOM)).hasSize(3 * ROOM);
            assertThat(engine.counts())
                    .isEqualTo(Map.of("1:put", 60L, "1:taken", 60L, "1:completed", 60L, "1:succeeded", 60L));
        }
    }

    @Test
    void whatCameDueWhileRedisWasLostIsCountedAsWaitingOnce() {
        engine = Engine.startWithRoom(ROOM);
        putDueInAnHour(3 * ROOM);
        engine.run("UPDATE task SET due = " + (System.currentTimeMillis() - 60_000));
        flush();
        engine.reaper.sweepOnce();

        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 60L, "1:waiting", 60L));
        assertThat(inRedis()).isLessThanOrEqualTo(2 * ROOM);
        assertThat(drain(3 * ROOM)).hasSize(3 * ROOM);
        assertThat(engine.counts()).doesNotContainKeys("1:scheduled", "1:waiting");
    }

    @Test
    void whatRedisHasWhenItIsDueIsCountedAsWaitingOnce() {
        engine = Engine.start();
        TaskId id = engine.aTask().dueAfter(Duration.ofMillis(100)).put();
        engine.passes(engine.find(id).delivery().due());
        engine.reaper.sweepOnce();

        assertThat(engine.counts()).isEqualTo(Map.of("1:put", 1L, "1:waiting", 1L));
        assertThat(engine.table.find(id).orElseThrow()).isWaiting();
    }
}
