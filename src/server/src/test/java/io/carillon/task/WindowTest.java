package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static io.carillon.task.Engine.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import io.carillon.queue.Level;
import io.carillon.task.Window.Claim;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.LinkedBlockingQueue;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.redisson.api.stream.StreamMessageId;
import org.redisson.client.codec.StringCodec;

/** What each script answers, in each of the cases that its head names. */
class WindowTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final RawJson HALF = RawJson.of("{\"percent\":50}");

    private Engine engine;
    private Window window;
    private int queue;

    @BeforeEach
    void start() {
        engine = Engine.start();
        window = engine.window;
        queue = engine.first().number();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private TaskId online() {
        return engine.aTask().online().put();
    }

    private List<Attempt> claim(int level, int size, Duration lease) {
        return claim(size, lease, Map.of(new Level(level), size), false);
    }

    private List<Attempt> claim(int size, Duration lease, Map<Level, Integer> wanted, boolean sequential) {
        return Waiting.on(window.claim(
                queue,
                new Claim(
                        size,
                        Takes.ANSWER_BYTES,
                        Duration.ZERO,
                        Optional.of(lease),
                        LONG,
                        "alice",
                        OptionalInt.empty(),
                        sequential,
                        false),
                wanted));
    }

    private Completion end(TaskId id, RawJson result, OptionalInt attempt) {
        return Waiting.on(window.end(
                        new Window.End(id, TaskState.SUCCEEDED, result, attempt, LONG, true, null, false, null)))
                .completion();
    }

    private Completion end(TaskId id, RawJson result) {
        return end(id, result, OptionalInt.empty());
    }

    /** Whether a task whose lease ran out waits again; empty when it has lost its last one. */
    private Optional<Boolean> redeliver(TaskId id, int attempt) {
        Window.Return back = Waiting.on(window.redeliver(id, attempt, 0));
        return back.outcome() == Window.Return.Outcome.LOST_LAST
                ? Optional.empty()
                : Optional.of(back.outcome() == Window.Return.Outcome.AGAIN);
    }

    private static StoredTask stored(Task task) {
        return new StoredTask(task);
    }

    @Test
    void acceptanceOrdersFollowEachOtherAndTheClock() {
        long first = Waiting.on(window.accept(queue, 3));
        long second = Waiting.on(window.accept(queue, 1));
        long third = Waiting.on(window.accept(queue, 1));

        assertThat(second).isGreaterThanOrEqualTo(first + 3);
        assertThat(third).isGreaterThan(second);
        assertThat(first / 1_000_000).isCloseTo(System.currentTimeMillis() / 1000, Offset.offset(5L));
    }

    @Test
    void acceptanceOrdersDoNotGoBackWhenTheClockDoes() {
        long ahead = (System.currentTimeMillis() + 3_600_000) * 1000;
        engine.redis
                .<String>getBucket(Keys.queue(queue) + "accepted", StringCodec.INSTANCE)
                .set(Long.toString(ahead));

        assertThat(Waiting.on(window.accept(queue, 10))).isEqualTo(ahead + 1);
        assertThat(Waiting.on(window.accept(queue, 1))).isEqualTo(ahead + 11);
    }

    @Test
    void whatIsPutAfterTheClockWasSetBackIsTakenAtOnce() {
        long ahead = (System.currentTimeMillis() + 3_600_000) * 1000;
        engine.redis
                .<String>getBucket(Keys.queue(queue) + "accepted", StringCodec.INSTANCE)
                .set(Long.toString(ahead));
        TaskId first = engine.aTask().put();
        TaskId second = engine.aTask().put();

        assertThat(engine.aTake().by(Strategy.ACTIVE_PASSIVE).size(1).takeIds()).containsExactly(first);
        assertThat(engine.aTake().by(Strategy.FIFO).takeIds()).containsExactly(second);
    }

    @Test
    void aPutThatComesAgainGetsTheSamePlace() {
        NewTask task = engine.aTask().blocking("here").callingBack().make();
        Optional<Task> first = Waiting.on(window.put(task, 10));
        Map<String, Object> before = engine.left();
        Optional<Task> again = Waiting.on(window.put(task, 10));

        assertThat(again).isEqualTo(first).isPresent();
        assertThat(engine.left()).isEqualTo(before);
    }

    @Test
    void aPutThatComesAgainAfterTheQueueHasFilledIsNotRefused() {
        NewTask task = engine.aTask().online().make();
        Waiting.on(window.put(task, 1));

        assertThat(Waiting.on(window.put(task, 1))).isPresent();
        assertThat(Waiting.on(window.put(engine.aTask().online().make(), 1))).isEmpty();
    }

    @Test
    void aPutTaskCanBeReadAsItWasPut() {
        NewTask task = engine.aTask()
                .blocking("here")
                .data("{\"n\":1.0,\"a\":null}")
                .traced("trace")
                .make();
        Task put = Waiting.on(window.put(task, 10)).orElseThrow();

        assertThat(Waiting.on(window.find(task.id()))).contains(put);
        assertThat(put.data().text()).isEqualTo("{\"n\":1.0,\"a\":null}");
        assertThat(put.specification().traceId()).isEqualTo("trace");
        assertThat(put.expires())
                .isEqualTo(put.accepted() / 1000 + Duration.ofHours(1).toMillis());
    }

    @Test
    void tasksAreAddedOnce() {
        TaskId id = engine.aTask().put();
        Task row = engine.find(id);
        Map<String, Object> before = engine.left();

        assertThat(Waiting.on(window.add(queue, List.of(stored(row)), Window.Adding.NEW)))
                .isZero();
        assertThat(engine.left()).isEqualTo(before);
    }

    @Test
    void aRunningTaskIsNotAddedOnceMore() {
        TaskId id = engine.aTask().put();
        Task row = engine.find(id);
        claim(1, 1, LONG);
        Map<String, Object> before = engine.left();

        assertThat(Waiting.on(window.add(queue, List.of(stored(row), stored(row)), Window.Adding.AGAIN)))
                .isZero();
        assertThat(engine.left()).isEqualTo(before);
    }

    @Test
    void aTaskThatComesBackIsNotCountedAgain() {
        Task row = engine.find(engine.aTask().put());
        engine.redis
                .getKeys()
                .delete(Keys.task(row.id()), Keys.ready(queue, new Level(1), ""), Keys.queue(queue) + "counts");

        assertThat(Waiting.on(window.add(queue, List.of(stored(row)), Window.Adding.AGAIN)))
                .isEqualTo(1);
        assertThat(engine.counts()).isEmpty();
    }

    @Test
    void peekShowsWhatWaitsPerLevelOldestFirstAndChangesNothing() {
        TaskId b = engine.aTask().level(2).put();
        TaskId a = engine.aTask().level(1).put();
        TaskId c = engine.aTask().level(1).put();
        engine.aTask().level(1).put();
        Map<String, Object> before = engine.left();

        assertThat(Waiting.on(window.peek(queue, 2, Duration.ZERO, List.of(new Level(2), new Level(5), new Level(1)))))
                .isEqualTo(List.of(
                        List.of(engine.find(b).accepted()),
                        List.of(),
                        List.of(engine.find(a).accepted(), engine.find(c).accepted())));
        assertThat(Waiting.on(window.peek(queue, 2, Duration.ofMinutes(1), List.of(new Level(1)))))
                .isEqualTo(List.of(List.of()));
        assertThat(engine.left()).isEqualTo(before);
    }

    @Test
    void aClaimGivesTheOldestFirstAndNoMoreThanWanted() {
        List<TaskId> ones = engine.aTask().level(1).put(3);
        List<TaskId> twos = engine.aTask().level(2).put(3);
        Map<Level, Integer> wanted = new LinkedHashMap<>();
        wanted.put(new Level(2), 2);
        wanted.put(new Level(1), 9);

        assertThat(claim(4, LONG, wanted, false))
                .extracting(Attempt::id)
                .containsExactly(twos.get(0), twos.get(1), ones.get(0), ones.get(1));
        assertThat(claim(9, LONG, wanted, false)).extracting(Attempt::id).containsExactly(twos.get(2), ones.get(2));
        assertThat(claim(9, LONG, wanted, false)).isEmpty();
    }

    @Test
    void aClaimedTaskSaysAllThatAWorkerNeeds() {
        TaskId id = engine.aTask()
                .blocking("here")
                .data("{\"a\":1}")
                .living(Duration.ofMinutes(9))
                .put();
        Attempt attempt = claim(0, 1, Duration.ofSeconds(30)).get(0);

        assertThat(attempt.id()).isEqualTo(id);
        assertThat(attempt.number()).isEqualTo(1);
        assertThat(attempt.data().text()).isEqualTo("{\"a\":1}");
        assertThat(attempt.instance()).isEqualTo("here");
        assertThat(attempt.specification().endpoint()).isEqualTo("/v1/chat/completions");
        assertThat(attempt.deadline() - attempt.started()).isEqualTo(30_000);
        assertThat(attempt.expires()).isEqualTo(attempt.accepted() / 1000 + 540_000);
    }

    @Test
    void aClaimPassesOverExpiredTasksAndStillFillsUp() {
        TaskId expired = engine.aTask().online().living(Duration.ofMillis(1)).put();
        TaskId fresh = online();
        engine.passes(engine.find(expired).expires());

        assertThat(claim(0, 1, LONG)).extracting(Attempt::id).containsExactly(fresh);
    }

    @Test
    void aSequentialClaimGivesOneUntilItsLeaseIsFreed() {
        List<TaskId> ids = engine.aTask().put(2);
        Map<Level, Integer> wanted = Map.of(new Level(1), 2);

        assertThat(claim(5, LONG, wanted, true)).extracting(Attempt::id).containsExactly(ids.get(0));
        assertThat(claim(5, LONG, wanted, true)).isEmpty();
        assertThat(end(ids.get(0), DONE)).isEqualTo(Completion.ACCEPTED);
        assertThat(claim(5, LONG, wanted, true)).extracting(Attempt::id).containsExactly(ids.get(1));
    }

    @Test
    void theEndOfAnotherTaskDoesNotFreeTheSequentialLock() {
        List<TaskId> ids = engine.aTask().put(3);
        Map<Level, Integer> wanted = Map.of(new Level(1), 1);
        claim(1, LONG, wanted, true);
        end(ids.get(2), DONE);

        assertThat(claim(1, LONG, wanted, true)).isEmpty();
    }

    @Test
    void aTaskEndsOnceAndTheSameResultIsKnownAgain() {
        TaskId id = online();
        claim(0, 1, LONG);

        assertThat(end(id, DONE)).isEqualTo(Completion.ACCEPTED);
        Map<String, Object> after = engine.left();
        assertThat(end(id, DONE)).isEqualTo(Completion.SAME);
        assertThat(end(id, OTHER)).isEqualTo(Completion.REFUSED);
        assertThat(Waiting.on(window.end(new Window.End(
                                id, TaskState.CANCELLED, null, OptionalInt.empty(), LONG, false, "why", false, null)))
                        .completion())
                .isEqualTo(Completion.REFUSED);
        assertThat(engine.left()).isEqualTo(after);
    }

    @Test
    void anEndSaysWhatIsKnownOfTheLastAttempt() {
        TaskId id = engine.aTask().blocking("here").put();
        Attempt attempt = claim(0, 1, LONG).get(0);
        Window.Ended ended = Waiting.on(window.end(new Window.End(
                        id, TaskState.FAILED, DONE, OptionalInt.of(1), LONG, true, "broken", false, null)))
                .ended()
                .orElseThrow();

        assertThat(ended.attempt()).isEqualTo(1);
        assertThat(ended.accepted()).isEqualTo(attempt.accepted());
        assertThat(ended.started()).isEqualTo(attempt.started());
        assertThat(ended.instance()).isEqualTo("here");
        assertThat(ended.now()).isGreaterThanOrEqualTo(ended.started());
        assertThat(ended.owed()).isEmpty();
        Task task = engine.find(id);
        TaskAssert.assertThat(task)
                .is(TaskState.FAILED)
                .hasResult(DONE)
                .onAttempt(1)
                .takenBy("alice");
        assertThat(task.error()).isEqualTo("broken");
        assertThat(task.deadline()).isZero();
        assertThat(task.ended()).isEqualTo(ended.now());
    }

    @Test
    void anUnknownTaskDoesNotEnd() {
        Map<String, Object> before = engine.left();

        assertThat(end(engine.aTask().online().make().id(), DONE)).isEqualTo(Completion.UNKNOWN);
        assertThat(engine.left()).isEqualTo(before);
    }

    @Test
    void resultOfAnOlderAttemptIsRefused() {
        TaskId id = online();
        claim(0, 1, Duration.ZERO);
        Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));
        claim(0, 1, LONG);

        assertThat(end(id, DONE, OptionalInt.of(1))).isEqualTo(Completion.OLDER_ATTEMPT);
        TaskAssert.assertThat(engine.find(id)).isRunning().onAttempt(2);
        assertThat(end(id, DONE, OptionalInt.of(2))).isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void lateResultWithoutAnAttemptTakesTheRedeliveredCopyBack() {
        TaskId id = online();
        claim(0, 1, Duration.ZERO);
        Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));

        assertThat(end(id, DONE)).isEqualTo(Completion.ACCEPTED);
        assertThat(claim(0, 1, LONG)).isEmpty();
    }

    @Test
    void anEndOfWaitingTasksOnlyLeavesARunningOneAlone() {
        TaskId id = online();
        claim(0, 1, LONG);

        assertThat(Waiting.on(window.end(new Window.End(
                                id, TaskState.CANCELLED, null, OptionalInt.empty(), LONG, false, "why", true, null)))
                        .completion())
                .isEqualTo(Completion.REFUSED);
        TaskAssert.assertThat(engine.find(id)).isRunning();
    }

    @Test
    void resultAfterTheTasksLifeIsTooLate() {
        TaskId id = engine.aTask().online().living(Duration.ofMillis(1)).put();
        engine.passes(engine.find(id).expires());

        assertThat(end(id, DONE)).isEqualTo(Completion.REFUSED);
        assertThat(Waiting.on(window.end(new Window.End(
                                id, TaskState.TIMEOUT, DONE, OptionalInt.empty(), LONG, true, "late", false, null)))
                        .completion())
                .isEqualTo(Completion.ACCEPTED);
    }

    @Test
    void lapsedFindsOnlyWhatTheClockHasOvertaken() {
        online();
        TaskId lapsed = online();
        TaskId expired = engine.aTask().online().living(Duration.ofMillis(1)).put();
        TaskId leased = engine.aTask().put();
        claim(1, 1, LONG);
        assertThat(claim(0, 1, LONG)).hasSize(1);
        assertThat(claim(0, 1, Duration.ZERO)).extracting(Attempt::id).containsExactly(lapsed);
        engine.passes(engine.find(expired).expires());
        Map<String, Object> before = engine.left();

        Window.Lapsed found = Waiting.on(window.lapsed(queue, 10));
        assertThat(found.leases()).isEqualTo(Map.of(lapsed, 1));
        assertThat(found.expired()).containsExactly(expired);
        assertThat(engine.left()).isEqualTo(before);
        TaskAssert.assertThat(engine.find(leased)).isRunning();
    }

    @Test
    void redeliveredTaskHasItsOldPlaceAgain() {
        List<TaskId> ids = engine.aTask().online().put(3);
        claim(0, 1, Duration.ZERO);
        Waiting.until(() -> assertThat(redeliver(ids.get(0), 1)).contains(true));

        assertThat(claim(0, 3, LONG)).extracting(Attempt::id).containsExactlyElementsOf(ids);
        TaskAssert.assertThat(engine.find(ids.get(0))).isRunning().onAttempt(2).hasLost(1);
    }

    @Test
    void onlyTheLapsedAttemptIsRedelivered() {
        TaskId id = online();
        Map<String, Object> waiting = engine.left();
        assertThat(redeliver(id, 0)).contains(false);
        assertThat(engine.left()).isEqualTo(waiting);

        claim(0, 1, LONG);
        assertThat(redeliver(id, 1)).contains(false);
        end(id, DONE);
        Map<String, Object> ended = engine.left();
        assertThat(redeliver(id, 1)).contains(false);
        assertThat(engine.left()).isEqualTo(ended);
    }

    @Test
    void anAttemptIsRedeliveredOnce() {
        TaskId id = online();
        claim(0, 1, Duration.ZERO);
        Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));
        claim(0, 1, Duration.ZERO);

        assertThat(redeliver(id, 1)).contains(false);
        TaskAssert.assertThat(engine.find(id)).isRunning().onAttempt(2).hasLost(1);
    }

    @Test
    void aLeaseWithoutItsTaskIsForgotten() {
        TaskId id = engine.aTask().put();
        claim(1, 1, Duration.ZERO);
        engine.redis.getKeys().delete(Keys.task(id));

        Waiting.until(
                () -> assertThat(Waiting.on(window.lapsed(queue, 10)).leases()).isEqualTo(Map.of(id, 0)));
        assertThat(redeliver(id, 0)).contains(false);
        assertThat(engine.left()).doesNotContainKey("leased");
    }

    @Test
    void aTaskLosesAsManyLeasesAsItMay() {
        TaskId id = online();
        Claim onceMore = new Claim(
                1,
                Takes.ANSWER_BYTES,
                Duration.ZERO,
                Optional.of(Duration.ZERO),
                LONG,
                null,
                OptionalInt.of(1),
                false,
                false);
        Waiting.on(window.claim(queue, onceMore, Map.of(Level.ONLINE, 1)));
        Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));
        claim(0, 1, Duration.ZERO);

        Waiting.until(() -> assertThat(redeliver(id, 2)).isEmpty());
        TaskAssert.assertThat(engine.find(id)).isRunning().onAttempt(2).hasLost(1);
    }

    @Test
    void theNewestClaimSaysHowManyLeasesATaskMayLose() {
        TaskId id = online();
        Claim endless = new Claim(
                1,
                Takes.ANSWER_BYTES,
                Duration.ZERO,
                Optional.of(Duration.ZERO),
                LONG,
                null,
                OptionalInt.of(-1),
                false,
                false);
        for (int attempt = 1; attempt <= 8; attempt++) {
            assertThat(Waiting.on(window.claim(queue, endless, Map.of(Level.ONLINE, 1))))
                    .hasSize(1);
            int lapsed = attempt;
            Waiting.until(() -> assertThat(redeliver(id, lapsed)).contains(true));
        }

        TaskAssert.assertThat(engine.find(id)).isWaiting().hasLost(8);
    }

    @Test
    void progressIsKeptWhileTheTaskHasNotEnded() {
        TaskId id = online();
        assertThat(Waiting.on(window.progress(id, OptionalInt.empty(), HALF))).isEqualTo(Completion.ACCEPTED);
        claim(0, 1, Duration.ZERO);
        Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));
        claim(0, 1, LONG);

        assertThat(Waiting.on(window.progress(id, OptionalInt.of(1), RawJson.of("{}"))))
                .isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(Waiting.on(window.progress(id, OptionalInt.of(2), HALF))).isEqualTo(Completion.ACCEPTED);
        TaskAssert.assertThat(engine.find(id)).hasProgress(HALF);
        end(id, DONE);
        assertThat(Waiting.on(window.progress(id, OptionalInt.of(2), RawJson.of("{}"))))
                .isEqualTo(Completion.REFUSED);
        TaskAssert.assertThat(engine.find(id)).hasProgress(HALF);
        assertThat(Waiting.on(window.progress(engine.aTask().online().make().id(), OptionalInt.empty(), HALF)))
                .isEqualTo(Completion.UNKNOWN);
    }

    @Test
    void aWatcherSeesEveryChangeInOrder() {
        TaskId id = online();
        Window.Watch watch = Waiting.on(window.watch(id, ""));
        assertThat(watch.state()).contains(TaskState.WAITING);
        claim(0, 1, Duration.ZERO);
        Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));
        claim(0, 1, LONG);
        Waiting.on(window.progress(id, OptionalInt.of(2), HALF));
        Window.Watch later = Waiting.on(window.watch(id, ""));
        end(id, DONE);

        assertThat(later.state()).contains(TaskState.RUNNING);
        assertThat(later.attempt()).isEqualTo(2);
        List<Map<String, String>> events = events(id);
        assertThat(events)
                .extracting(event -> event.get("kind"))
                .containsExactly("state", "state", "state", "state", "progress", "state");
        assertThat(events.get(4)).containsEntry("content", HALF.text());
        assertThat(events)
                .extracting(event -> event.get("content").replaceAll(",\"time\":\\d{13}", ""))
                .containsExactly(
                        "{\"state\":\"waiting\",\"attempt\":0}",
                        "{\"state\":\"running\",\"attempt\":1}",
                        "{\"state\":\"waiting\",\"attempt\":1}",
                        "{\"state\":\"running\",\"attempt\":2}",
                        HALF.text(),
                        "{\"state\":\"succeeded\",\"attempt\":2}");
    }

    @Test
    void aTaskThatIsNotInRedisIsWatchedFromTheStateThatMariaDbHas() {
        TaskId id = engine.aTask().make().id();
        Window.Watch watch = Waiting.on(window.watch(id, "{\"status\":\"succeeded\"}"));

        assertThat(watch.state()).isEmpty();
        assertThat(events(id)).containsExactly(Map.of("kind", "state", "content", "{\"status\":\"succeeded\"}"));
    }

    private List<Map<String, String>> events(TaskId id) {
        return List.copyOf(engine.redis
                .<String, String>getStream(Keys.events(id), StringCodec.INSTANCE)
                .range(StreamMessageId.MIN, StreamMessageId.MAX)
                .values());
    }

    @Test
    void scriptsThatRedisHasForgottenAreSentAgain() {
        online();
        engine.redis.getScript().scriptFlush();

        assertThat(claim(0, 1, LONG)).hasSize(1);
    }

    @Test
    void whoListensIsToldAndNobodyElseIs() {
        var words = new LinkedBlockingQueue<String>();
        var topic = engine.redis.getTopic("carillon:ready", StringCodec.INSTANCE);
        int listener = topic.addListener(String.class, (channel, word) -> words.add(word));
        try {
            engine.aTask().put();
            assertThat(claim(1, 1, LONG)).hasSize(1);
            Waiting.on(window.claim(
                    queue,
                    new Claim(
                            1,
                            Takes.ANSWER_BYTES,
                            Duration.ZERO,
                            Optional.empty(),
                            LONG,
                            null,
                            OptionalInt.empty(),
                            false,
                            true),
                    Map.of(new Level(1), 1)));
            TaskId id = engine.aTask().put();
            Waiting.until(() -> assertThat(words).containsExactly(queue + ":1:1"));
            assertThat(claim(1, 1, Duration.ZERO)).hasSize(1);
            Waiting.until(() -> assertThat(redeliver(id, 1)).contains(true));
            engine.aTask().level(2).put();
            Waiting.until(() -> assertThat(words).containsExactly(queue + ":1:1", queue + ":1:1"));
        } finally {
            topic.removeListener(listener);
        }
    }
}
