package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static io.carillon.task.Engine.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many tasks that are put, taken and completed by one call. */
class ManyTasksTest {
    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private List<NewTask> tasks(int count, Function<Integer, ATask> task) {
        return IntStream.range(0, count).mapToObj(i -> task.apply(i).make()).toList();
    }

    private List<Outcome<Void>> put(List<NewTask> tasks) {
        return Waiting.on(engine.tasks.put(tasks));
    }

    private static List<TaskId> ids(List<NewTask> tasks) {
        return tasks.stream().map(NewTask::id).toList();
    }

    private static Tasks.Result result(TaskId id, RawJson content) {
        return new Tasks.Result(id, OptionalInt.empty(), content, ResultFields.of(content));
    }

    private static Tasks.Result result(TaskId id, int attempt, RawJson content) {
        return new Tasks.Result(id, OptionalInt.of(attempt), content, ResultFields.of(content));
    }

    private List<Completion> complete(Tasks.Result... results) {
        return Waiting.on(engine.tasks.complete(List.of(results))).stream()
                .map(Outcome::orThrow)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"0, 100", "1, 100", "0, 1200", "1, 1200"})
    void tasksOfOneCallAreAcceptedInTheirOrder(int level, int count) {
        List<NewTask> tasks = tasks(count, i -> engine.aTask().level(level));

        assertThat(put(tasks)).hasSize(count).noneMatch(Outcome::isFailed);

        assertThat(engine.aTake()
                        .from(engine.first(), level)
                        .size(count)
                        .by(Strategy.ACTIVE_PASSIVE)
                        .takeIds())
                .isEqualTo(ids(tasks));
        assertThat(engine.counts())
                .isEqualTo(
                        Map.of(level + ":put", (long) count, level + ":running", (long) count, level + ":taken", (long)
                                count));
    }

    @Test
    void levelsAndQueuesOfOneCallEachKeepTheirOrder() {
        Queue other = engine.queue();
        List<NewTask> tasks = tasks(
                90, i -> engine.aTask().of(i % 2 == 0 ? engine.first() : other).level(i % 3));
        put(tasks);

        for (Queue queue : List.of(engine.first(), other)) {
            for (int level = 0; level < 3; level++) {
                int of = level;
                List<TaskId> expected = ids(tasks).stream()
                        .filter(id -> id.queue() == queue.number() && id.level().value() == of)
                        .toList();
                assertThat(engine.aTake().from(queue, level).size(90).takeIds())
                        .hasSize(15)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void whatFindsNoRoomIsRefusedAlone() {
        engine.close();
        engine = Engine.startWithCapacity(3);
        Queue other = engine.queue();
        engine.aTask().online().put();
        List<NewTask> tasks = List.of(
                engine.aTask().online().make(),
                engine.aTask().make(),
                engine.aTask().online().dueAfter(Duration.ofMinutes(1)).make(),
                engine.aTask().online().make(),
                engine.aTask().of(other).online().make(),
                engine.aTask().online().make());

        List<Outcome<Void>> outcomes = put(tasks);

        assertThat(outcomes)
                .extracting(outcome -> outcome.failure() instanceof Refused refused ? refused.reason() : null)
                .containsExactly(null, null, null, Reason.FULL, null, Reason.FULL);
        for (int i = 0; i < tasks.size(); i++) {
            assertThat(engine.lookFor(tasks.get(i).id()).isPresent())
                    .isEqualTo(!outcomes.get(i).isFailed());
        }
        assertThat(engine.counts())
                .isEqualTo(Map.of("0:put", 3L, "0:waiting", 2L, "0:scheduled", 1L, "1:put", 1L, "1:waiting", 1L));
    }

    @Test
    void aRowThatMariaDbRefusesFailsAlone() {
        List<NewTask> tasks = List.of(
                engine.aTask().make(),
                engine.aTask().by("k".repeat(5_000)).make(),
                engine.aTask().online().make(),
                engine.aTask().make());

        List<Outcome<Void>> outcomes = put(tasks);

        assertThat(outcomes).extracting(Outcome::isFailed).containsExactly(false, true, false, false);
        assertThat(outcomes.get(1).failure()).isInstanceOf(DatabaseFailure.class);
        assertThat(engine.aTake().size(10).takeIds())
                .containsExactly(tasks.get(0).id(), tasks.get(3).id());
    }

    @Test
    void nothingIsPutByACallWithoutTasks() {
        assertThat(put(List.of())).isEmpty();
        assertThat(complete()).isEmpty();
    }

    @Test
    void aCallThatComesAgainPutsNothingTwice() {
        List<NewTask> tasks = tasks(20, i -> engine.aTask().level(i % 2));
        put(tasks);
        Object counts = engine.counts();

        assertThat(put(tasks)).noneMatch(Outcome::isFailed);

        assertThat(engine.counts()).isEqualTo(counts);
        assertThat(engine.aTake().size(100).takeIds()).hasSize(10);
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void everyStrategyTakesAHundred(Strategy strategy) {
        List<Queue> queues = new ArrayList<>();
        ATake take = engine.aTake().by(strategy).size(100);
        int queueCount = strategy == Strategy.SEQUENTIAL ? 100 : 3;
        for (int q = 0; q < queueCount; q++) {
            queues.add(engine.queue());
            take.from(queues.get(q), 1);
        }
        put(tasks(150, i -> engine.aTask().of(queues.get(i % queueCount))));

        assertThat(take.takeIds()).hasSize(100).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void eachTaskOfACallEndsWithItsOwnResult(int level) {
        List<NewTask> tasks = tasks(600, i -> engine.aTask().level(level).callingBack());
        put(tasks);
        engine.aTake()
                .from(engine.first(), level)
                .by(Strategy.ACTIVE_PASSIVE)
                .size(600)
                .take();

        assertThat(complete(ids(tasks).stream()
                        .map(id -> result(id, 1, RawJson.of("{\"body\":\"" + id + "\"}")))
                        .toArray(Tasks.Result[]::new)))
                .hasSize(600)
                .containsOnly(Completion.ACCEPTED);

        for (TaskId id : List.of(tasks.get(0).id(), tasks.get(599).id())) {
            TaskAssert.assertThat(engine.find(id)).isSucceeded();
            assertThat(engine.find(id).result().text()).isEqualTo("{\"body\":\"" + id + "\"}");
            Waiting.until(() -> assertThat(engine.callback(id)).contains("{\"body\":\"" + id + "\"}"));
        }
        assertThat(engine.ended).extracting(TaskEnded::id).containsExactlyInAnyOrderElementsOf(ids(tasks));
        assertThat(engine.counts())
                .isEqualTo(Map.of(
                        level + ":put",
                        600L,
                        level + ":taken",
                        600L,
                        level + ":succeeded",
                        600L,
                        level + ":completed",
                        600L));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void ofSeveralResultsForATaskInOneCallTheFirstWins(int level) {
        TaskId id = engine.aTask().level(level).callingBack().put();
        engine.aTake().from(engine.first(), level).take();

        assertThat(complete(result(id, DONE), result(id, OTHER), result(id, 1, DONE)))
                .containsExactly(Completion.ACCEPTED, Completion.REFUSED, Completion.SAME);

        assertThat(engine.find(id).result()).isEqualTo(DONE);
        Waiting.until(() -> assertThat(engine.callback(id)).contains(DONE.text()));
        assertThat(engine.ended).hasSize(1);
        assertThat(engine.counts())
                .isEqualTo(Map.of(
                        level + ":put", 1L, level + ":taken", 1L, level + ":succeeded", 1L, level + ":completed", 1L));
    }

    @Test
    void resultsAreJudgedOneByOneWhicheverQueueAndLevelTheyAreOf() {
        Queue other = engine.queue();
        TaskId online = engine.aTask().online().put();
        TaskId offline = engine.aTask().put();
        TaskId elsewhere = engine.aTask().of(other).level(2).put();
        TaskId cancelled = engine.aTask().put();
        TaskId redelivered = engine.aTask().of(other).put();
        TaskId onlineAgain = engine.aTask().of(other).online().put();
        TaskId unknown = engine.aTask().make().id();
        TaskId unknownOnline = engine.aTask().online().make().id();
        engine.cancel(cancelled);
        engine.aTake().from(other, 1).from(other, 0).size(2).losingTheLease().take();
        engine.reaper.runOnce();
        Waiting.until(() -> {
            engine.reaper.runOnce();
            engine.aTake().from(other, 1).from(other, 0).size(2).take();
            assertThat(Waiting.on(engine.window.attempts(other.number(), List.of(redelivered, onlineAgain))))
                    .containsOnly(Optional.of(new Window.Latest(2, true)));
        });

        assertThat(complete(
                        result(redelivered, 1, DONE),
                        result(online, DONE),
                        result(unknown, DONE),
                        result(offline, DONE),
                        result(cancelled, DONE),
                        result(onlineAgain, 1, DONE),
                        result(elsewhere, DONE),
                        result(unknownOnline, 1, DONE),
                        result(redelivered, 2, OTHER)))
                .containsExactly(
                        Completion.OLDER_ATTEMPT,
                        Completion.ACCEPTED,
                        Completion.UNKNOWN,
                        Completion.ACCEPTED,
                        Completion.REFUSED,
                        Completion.OLDER_ATTEMPT,
                        Completion.ACCEPTED,
                        Completion.UNKNOWN,
                        Completion.ACCEPTED);

        assertThat(engine.find(redelivered).result()).isEqualTo(OTHER);
        TaskAssert.assertThat(engine.find(elsewhere)).isSucceeded();
        TaskAssert.assertThat(engine.find(onlineAgain)).isRunning();
    }

    @Test
    void completedTasksLeaveNothingBehind() {
        List<NewTask> tasks = tasks(50, i -> engine.aTask().inGroup("g" + i % 4));
        put(tasks);
        engine.aTake().size(30).take();

        // taken or not
        complete(ids(tasks).stream().map(id -> result(id, DONE)).toArray(Tasks.Result[]::new));

        assertThat(engine.left().keySet()).isSubsetOf("accepted", "counts", "turn:1");
    }

    @Test
    void aRebuildInTheMiddleCountsNothingTwice() {
        List<NewTask> tasks = tasks(20, i -> engine.aTask());
        put(tasks);
        engine.aTake().size(10).take();
        engine.redis.getKeys().deleteByPattern(Keys.queue(engine.first().number()) + "*");

        assertThat(complete(ids(tasks).stream().map(id -> result(id, DONE)).toArray(Tasks.Result[]::new)))
                .containsOnly(Completion.ACCEPTED);

        Optional<Long> succeeded = Optional.ofNullable(engine.counts().get("1:succeeded"));
        assertThat(succeeded).contains(20L);
        assertThat(engine.counts()).doesNotContainKeys("1:waiting", "1:running");
    }
}
