package io.carillon.task;

import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadLettersTest {
    private static final DeadLetters.Filter ALL = new DeadLetters.Filter(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private Engine engine;
    private DeadLetters letters;

    @BeforeEach
    void start() {
        engine = Engine.start();
        letters = engine.deadLetters;
        engine.settings(settings -> settings.maxAttempts(1));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** Puts a task and lets its only attempt fail. */
    private TaskId dead(ATask task) {
        return dead(task, "broken");
    }

    private TaskId dead(ATask task, String why) {
        TaskId id = task.retrying(new Retries(1, null, null)).put();
        fail(id, why);
        return id;
    }

    private void fail(TaskId id, String why) {
        Attempt attempt = engine.aTake().worker("alice").takeOne();
        assertThat(attempt.id()).isEqualTo(id);
        Waiting.on(engine.leases.retry(id, OptionalInt.of(attempt.number()), Optional.empty(), why));
        assertThat(engine.find(id)).is(TaskState.FAILED);
    }

    private boolean replay(TaskId id) {
        return letters.replay(List.of(id), Optional.empty()).contains(id);
    }

    private List<TaskId> listed(DeadLetters.Filter filter) {
        return letters.list(filter, 100, Optional.empty()).stream()
                .map(entry -> entry.letter().id())
                .toList();
    }

    @Test
    void aReplayedTaskWaitsInItsOldPlaceAsIfNobodyHadTakenIt() {
        TaskId id = dead(engine.aTask().callingBack());
        long accepted = engine.find(id).accepted();
        TaskId younger = engine.aTask().put();

        assertThat(replay(id)).isTrue();

        Task task = engine.find(id);
        assertThat(task).isWaiting().hasLost(0).onAttempt(2);
        assertThat(task.accepted()).isEqualTo(accepted);
        assertThat(task.delivery().failures()).isZero();
        assertThat(task.error()).isNull();
        assertThat(task.result()).isNull();
        assertThat(task.ended()).isZero();
        assertThat(listed(ALL)).isEmpty();
        assertThat(engine.aTake().size(5).takeIds()).containsExactly(id, younger);
        assertThat(engine.find(id).attempt()).isEqualTo(3);
    }

    @Test
    void aReplayedTaskCallsBackWhenItEndsAgain() {
        TaskId id = dead(engine.aTask().callingBack());
        assertThat(engine.callback(id).orElseThrow()).contains("broken");

        replay(id);
        assertThat(engine.callback(id)).isEmpty();
        engine.aTake().takeOne();
        assertThat(engine.complete(id)).isEqualTo(Completion.ACCEPTED);

        assertThat(engine.callback(id)).contains(Engine.DONE.text());
    }

    @Test
    void theCountsAreAsIfTheTaskHadNotEnded() {
        TaskId id = dead(engine.aTask());
        assertThat(engine.counts()).containsEntry("1:failed", 1L).doesNotContainKey("1:waiting");

        replay(id);

        assertThat(engine.counts())
                .containsEntry("1:waiting", 1L)
                .doesNotContainKeys("1:failed", "1:running")
                .containsEntry("1:put", 1L);
        engine.aTake().takeOne();
        engine.complete(id);
        assertThat(engine.counts()).containsEntry("1:succeeded", 1L).doesNotContainKeys("1:waiting", "1:running");
        assertThat(engine.left().keySet()).containsExactlyInAnyOrder("accepted", "counts", "settings");
    }

    @Test
    void aResultOfAnAttemptFromBeforeTheReplayIsRefused() {
        TaskId id = dead(engine.aTask());
        replay(id);

        assertThat(Waiting.on(engine.tasks.complete(id, OptionalInt.of(1), Engine.DONE)))
                .isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(engine.find(id)).isWaiting();
    }

    @Test
    void anAttemptOfWhichTheRowHasNotHeardIsNotNumberedAgain() {
        TaskId id = dead(engine.aTask());
        Waiting.until(() -> assertThat(engine.table.find(id).orElseThrow()).onAttempt(1));
        engine.run("UPDATE task SET attempt = 0 WHERE id = '" + id + "'");
        replay(id);

        assertThat(Waiting.on(engine.tasks.complete(id, OptionalInt.of(1), Engine.DONE)))
                .isEqualTo(Completion.OLDER_ATTEMPT);
    }

    @Test
    void aReplayedTaskLivesAsLongAsAtFirstHoweverOftenItIsReplayed() {
        TaskId id = dead(engine.aTask().living(Duration.ofHours(2)));
        for (int i = 0; i < 2; i++) {
            engine.clock.advance(Duration.ofHours(1));
            replay(id);
            long life = engine.find(id).expires() - engine.clock.millis();
            assertThat(life)
                    .isBetween(
                            Duration.ofMinutes(119).toMillis(),
                            Duration.ofMinutes(121).toMillis());
            fail(id, "broken again");
        }
    }

    @Test
    void aTaskThatWasReplayedShowsAllItsAttempts() {
        TaskId id = dead(engine.aTask(), "first");
        replay(id);
        fail(id, "second");

        DeadLetters.Entry entry = letters.find(id).orElseThrow();

        assertThat(entry.letter().error()).isEqualTo("second");
        assertThat(entry.task().data()).isNotNull();
        assertThat(entry.attempts())
                .extracting(EndedAttempt::attempt, EndedAttempt::outcome, EndedAttempt::error)
                .containsExactly(
                        tuple(1, "failed", "first"), tuple(1, "replayed", "first"), tuple(3, "failed", "second"));
    }

    @Test
    void aTaskThatLostItsLastLeaseCanBeReplayed() {
        TaskId id = engine.aTask().callingBack().put();
        engine.aTake().worker("bob").losingTheLease().losingAtMost(0).take();
        engine.reapUntil(() -> assertThat(engine.find(id)).isTimeout());

        assertThat(letters.find(id).orElseThrow().attempts())
                .extracting(EndedAttempt::worker, EndedAttempt::outcome)
                .containsExactly(tuple("bob", "lost"));
        assertThat(replay(id)).isTrue();
        assertThat(engine.find(id)).isWaiting();
        assertThat(engine.counts()).containsEntry("1:waiting", 1L).doesNotContainKey("1:timeout");
    }

    @Test
    void onlyOneOfTwoWhoReplayTheSameTaskDoes() {
        TaskId id = dead(engine.aTask());
        List<CompletableFuture<Set<TaskId>>> both = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            both.add(CompletableFuture.supplyAsync(() -> letters.replay(List.of(id), Optional.empty())));
        }

        assertThat(both.stream().mapToInt(done -> done.join().size()).sum()).isEqualTo(1);
        assertThat(engine.counts()).containsEntry("1:waiting", 1L);
        assertThat(engine.aTake().size(5).takeIds()).containsExactly(id);
    }

    @Test
    void whatACrashLeftBetweenTheStoresIsMended() {
        TaskId id = dead(engine.aTask());
        String key = "task:" + id;
        replay(id);
        engine.redis.getKeys().delete(Keys.task(id));
        engine.redis.getKeys().delete(Keys.ready(id.queue(), id.level(), ""));
        engine.clock.advance(Duration.ofSeconds(6));

        engine.reapUntil(() -> assertThat(engine.left()).containsKey(key));
        assertThat(engine.aTake().takeIds()).containsExactly(id);
    }

    @Test
    void whatRedisStillHasOfADeadTaskLeavesItBeforeTheReplay() {
        TaskId id = dead(engine.aTask());
        // As if whoever ended it had died before it left.
        Task ended = engine.find(id);
        Waiting.on(engine.restoration.restore(
                id.queue(),
                List.of(new StoredTask(
                        ended.with(new Delivery(1, 0, 0, "alice", ended.started(), ended.started() + 1, 0)))),
                Window.Adding.REBUILD));

        replay(id);

        assertThat(engine.left()).doesNotContainKey("leased");
        assertThat(engine.find(id)).isWaiting().onAttempt(2);
        assertThat(engine.aTake().takeIds()).containsExactly(id);
    }

    @Test
    void aDiscardedTaskIsGoneWithAllThatBelongedToIt() {
        TaskId id = dead(engine.aTask().callingBack());
        TaskId other = dead(engine.aTask().callingBack());

        assertThat(letters.discard(List.of(id), Optional.empty())).containsExactly(id);

        assertThat(engine.lookFor(id)).isEmpty();
        assertThat(engine.callback(id)).isEmpty();
        assertThat(engine.rows("SELECT attempt FROM task_attempt WHERE task_id = ?", id.text()))
                .isEmpty();
        assertThat(listed(ALL)).containsExactly(other);
        // Redis is told without waiting for it.
        Waiting.until(() -> assertThat(engine.counts()).containsEntry("1:failed", 1L));
        assertThat(letters.discard(List.of(id), Optional.empty())).isEmpty();
    }

    @Test
    void aListIsNewestFirstAndGoesOnAfterItsLast() {
        List<TaskId> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(0, dead(engine.aTask()));
            engine.clock.advance(Duration.ofSeconds(1));
        }

        assertThat(listed(ALL)).isEqualTo(ids);
        List<DeadLetters.Entry> page = letters.list(ALL, 2, Optional.of(ids.get(1)));
        assertThat(page).extracting(entry -> entry.letter().id()).containsExactly(ids.get(2), ids.get(3));
        assertThat(page.get(0).task().data()).isNull();
        replay(ids.get(1));
        assertThatThrownBy(() -> letters.list(ALL, 2, Optional.of(ids.get(1)))).isInstanceOf(Refused.class);
    }

    @Test
    void aFilterFindsByOwnerQueueTimeAndText() {
        TaskId mine = dead(engine.aTask().by("ck_mine"), "50% of_memory");
        engine.clock.advance(Duration.ofHours(1));
        Instant between = engine.clock.instant();
        engine.clock.advance(Duration.ofHours(1));
        TaskId other = dead(engine.aTask().living(Duration.ofDays(1)), "500 of memory");
        Queue empty = engine.queue();

        assertThat(listed(filter("ck_mine", null, null, null, null))).containsExactly(mine);
        assertThat(listed(filter(null, engine.first(), null, null, null))).containsExactly(other, mine);
        assertThat(listed(filter(null, empty, null, null, null))).isEmpty();
        assertThat(listed(filter(null, null, between, null, null))).containsExactly(other);
        assertThat(listed(filter(null, null, null, between, null))).containsExactly(mine);
        assertThat(listed(filter(null, null, null, null, "50%"))).containsExactly(mine);
        assertThat(listed(filter(null, null, null, null, "f_m"))).containsExactly(mine);
        assertThat(listed(filter("ck_mine", null, null, null, "500"))).isEmpty();
    }

    private static DeadLetters.Filter filter(String owner, Queue queue, Instant from, Instant to, String text) {
        return new DeadLetters.Filter(
                Optional.ofNullable(owner),
                Optional.ofNullable(queue).map(Queue::number),
                Optional.ofNullable(from),
                Optional.ofNullable(to),
                Optional.ofNullable(text));
    }

    @Test
    void manyAreReplayedStepByStepAndTheAnswerSaysWhetherMoreAreLeft() {
        List<TaskId> ids = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            ids.add(dead(engine.aTask().by(i % 2 == 0 ? "ck_mine" : "ck_other")));
        }
        DeadLetters.Filter mine = filter("ck_mine", engine.first(), null, null, null);

        assertThat(letters.replay(mine, 55)).isEqualTo(new DeadLetters.Done(55, true));
        assertThat(letters.replay(mine, 55)).isEqualTo(new DeadLetters.Done(5, false));
        assertThat(letters.replay(mine, 55)).isEqualTo(new DeadLetters.Done(0, false));

        List<TaskId> replayed =
                ids.stream().filter(id -> ids.indexOf(id) % 2 == 0).toList();
        assertThat(engine.counts())
                .isEqualTo(
                        Map.of("1:waiting", 60L, "1:failed", 60L, "1:put", 120L, "1:taken", 120L, "1:completed", 120L));
        assertThat(engine.aTake().size(100).takeIds()).isEqualTo(replayed);
        assertThat(letters.discard(ALL, 1000)).isEqualTo(new DeadLetters.Done(60, false));
        assertThat(engine.rows("SELECT id FROM task")).hasSize(60);
    }

    @Test
    void nobodyReplaysOrDiscardsWhatIsAnothersOrNoDeadLetter() {
        TaskId others = dead(engine.aTask().by("ck_other"));
        TaskId waiting = engine.aTask().by("ck_mine").put();
        List<TaskId> ids = List.of(others, waiting, engine.aTask().make().id());

        assertThat(letters.replay(ids, Optional.of("ck_mine"))).isEmpty();
        assertThat(letters.discard(ids, Optional.of("ck_mine"))).isEmpty();
        assertThat(engine.find(others)).is(TaskState.FAILED);
        assertThat(engine.find(waiting)).isWaiting();
        assertThat(listed(ALL)).containsExactly(others);
    }

    @Test
    void aReplayedTaskThatFindsNoRoomWaitsInMariaDb() {
        engine.close();
        engine = Engine.startWithRoom(2);
        letters = engine.deadLetters;
        TaskId id = dead(engine.aTask().data("{\"x\":1}"));
        engine.aTask().inGroup("a").put(6);

        replay(id);

        assertThat(engine.counts()).containsEntry("1:waiting", 7L);
        Waiting.until(() -> {
            engine.reap();
            assertThat(engine.aTake().size(1).takeIds()).containsExactly(id);
        });
    }
}
