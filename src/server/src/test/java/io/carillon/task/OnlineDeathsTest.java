package io.carillon.task;

import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.task.DeadList.Death;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.codec.StringCodec;

/** Online tasks that are given up are dead letters too. */
class OnlineDeathsTest {
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

    /** Puts a task, lets its only attempt fail, and waits until it is in MariaDB. */
    private TaskId dead(ATask task) {
        TaskId id = task.put();
        fail(id, "broken");
        return id;
    }

    private void fail(TaskId id, String why) {
        Attempt attempt = engine.aTake().online().worker("alice").takeOne();
        assertThat(attempt.id()).isEqualTo(id);
        Waiting.on(engine.leases.retry(id, OptionalInt.of(attempt.number()), Optional.empty(), why));
        assertThat(engine.find(id)).is(TaskState.FAILED);
        buried(id);
    }

    private void buried(TaskId id) {
        Waiting.until(() -> {
            assertThat(engine.rows("SELECT error FROM dead_letter WHERE task_id = ?", id.text()))
                    .hasSize(1);
            assertThat(engine.left()).doesNotContainKey("dead");
        });
    }

    /** As if the instance that gave the task up had died at once. */
    private Death unburied(ATask task) {
        TaskId id = task.put();
        Attempt attempt = engine.aTake().online().takeOne();
        Waiting.on(engine.window.end(new Window.End(
                id,
                TaskState.FAILED,
                Engine.DONE,
                OptionalInt.empty(),
                Engine.RETENTION,
                true,
                "broken",
                false,
                null,
                true)));
        return new Death(id, attempt.number());
    }

    private void onTheList(Death death) {
        engine.redis
                .<String>getSet(Keys.dead(death.id().queue()), StringCodec.INSTANCE)
                .add(death.id() + ":" + death.attempt());
    }

    private boolean replay(TaskId id) {
        return letters.replay(List.of(id), Optional.empty()).contains(id);
    }

    private List<TaskId> listed() {
        return letters.list(ALL, 100, Optional.empty()).stream()
                .map(entry -> entry.letter().id())
                .toList();
    }

    private void nothingIsInMariaDb(TaskId id) {
        for (String table : List.of("task_attempt", "dead_letter", "callback")) {
            assertThat(engine.rows("SELECT task_id FROM " + table + " WHERE task_id = ?", id.text()))
                    .as(table)
                    .isEmpty();
        }
        assertThat(engine.rows("SELECT id FROM task WHERE id = ?", id.text())).isEmpty();
    }

    private void expires(TaskId id, boolean does) {
        long left = engine.redis.getBucket(Keys.task(id)).remainTimeToLive();
        assertThat(left > 0).as("the record expires").isEqualTo(does);
    }

    @Test
    void aTaskThatFailedForTheLastTimeShowsAllOfIt() {
        engine.settings(settings -> settings.maxAttempts(2));
        TaskId id = engine.aTask()
                .online()
                .callingBack()
                .by("ck_mine")
                .data("{\"n\":1}")
                .put();
        Attempt first = engine.aTake().online().worker("alice").takeOne();
        Waiting.on(engine.leases.retry(id, OptionalInt.of(1), Optional.of(Duration.ZERO), "no memory"));
        assertThat(first.number()).isEqualTo(1);
        fail(id, "no disk");

        DeadLetters.Entry entry = letters.find(id).orElseThrow();

        assertThat(entry.letter().owner()).isEqualTo("ck_mine");
        assertThat(entry.letter().error()).isEqualTo("no disk");
        assertThat(entry.letter().died()).isEqualTo(engine.find(id).ended());
        assertThat(entry.task().data().text()).isEqualTo("{\"n\":1}");
        assertThat(entry.task().result().text()).contains("no disk");
        assertThat(entry.attempts())
                .extracting(EndedAttempt::attempt, EndedAttempt::outcome, EndedAttempt::error, EndedAttempt::worker)
                .containsExactly(tuple(1, "failed", "no memory", "alice"), tuple(2, "failed", "no disk", "alice"));
        assertThat(listed()).containsExactly(id);
        assertThat(engine.callback(id).orElseThrow()).contains("no disk");
        expires(id, true);
    }

    @Test
    void aTaskThatLostItsLastLeaseIsADeadLetter() {
        TaskId id = engine.aTask().online().callingBack().put();
        engine.aTake().online().worker("bob").losingTheLease().losingAtMost(0).take();
        engine.reapUntil(() -> assertThat(engine.find(id)).isTimeout());
        buried(id);

        assertThat(letters.find(id).orElseThrow().attempts())
                .extracting(EndedAttempt::worker, EndedAttempt::outcome)
                .containsExactly(tuple("bob", "lost"));
        assertThat(engine.callback(id).orElseThrow()).contains("408");
        assertThat(replay(id)).isTrue();
        assertThat(engine.counts()).containsEntry("0:waiting", 1L).doesNotContainKey("0:timeout");
    }

    @Test
    void whatWasCancelledOrIsOverItsTimeIsNoDeadLetter() {
        TaskId cancelled = engine.aTask().online().put();
        engine.cancel(cancelled);
        TaskId late = engine.aTask().online().living(Duration.ofMillis(1)).put();
        engine.reapUntil(() -> assertThat(engine.find(late)).isTimeout());

        assertThat(engine.left()).doesNotContainKey("dead");
        assertThat(listed()).isEmpty();
    }

    @Test
    void aReplayedTaskWaitsInItsOldPlaceAndIsInRedisOnly() {
        TaskId id = dead(engine.aTask().online().callingBack().inGroup("g"));
        long accepted = engine.find(id).accepted();
        TaskId younger = engine.aTask().online().inGroup("g").put();

        assertThat(replay(id)).isTrue();

        Task task = engine.find(id);
        assertThat(task).isWaiting().hasLost(0).onAttempt(2);
        assertThat(task.accepted()).isEqualTo(accepted);
        assertThat(task.delivery().failures()).isZero();
        assertThat(task.error()).isNull();
        assertThat(task.result()).isNull();
        assertThat(task.expires() - System.currentTimeMillis())
                .isBetween(
                        Duration.ofMinutes(59).toMillis(), Duration.ofHours(1).toMillis());
        nothingIsInMariaDb(id);
        expires(id, false);
        assertThat(engine.aTake().online().size(5).takeIds()).containsExactly(id, younger);
        assertThat(engine.find(id)).onAttempt(3);
        assertThat(Waiting.on(engine.tasks.complete(id, OptionalInt.of(1), Engine.DONE)))
                .isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(engine.complete(id)).isEqualTo(Completion.ACCEPTED);
        Waiting.until(() -> assertThat(engine.callback(id)).contains(Engine.DONE.text()));
        assertThat(engine.counts())
                .containsEntry("0:succeeded", 1L)
                .containsEntry("0:running", 1L)
                .doesNotContainKeys("0:failed", "0:waiting");
    }

    @Test
    void aTaskThatDiesAgainHasAllItsAttemptsAndALog() {
        TaskId id = dead(engine.aTask().online());
        replay(id);
        fail(id, "again");
        replay(id);
        fail(id, "and again");

        assertThat(letters.find(id).orElseThrow().attempts())
                .extracting(EndedAttempt::attempt, EndedAttempt::outcome, EndedAttempt::error)
                .containsExactly(
                        tuple(1, "failed", "broken"),
                        tuple(1, "replayed", "broken"),
                        tuple(3, "failed", "again"),
                        tuple(3, "replayed", "again"),
                        tuple(5, "failed", "and again"));
        assertThat(Waiting.on(engine.log.of(engine.find(id))))
                .extracting(TaskLog.Entry::why)
                .containsExactly("put", "taken", "ended", "replayed", "taken", "ended", "replayed", "taken", "ended");
    }

    @Test
    void nobodyWaitsForTheReplayOfABlockingTask() {
        TaskId id = dead(engine.aTask().blocking("here").living(Duration.ofSeconds(30)));
        assertThat(engine.ended).hasSize(1);

        replay(id);

        Task task = engine.find(id);
        assertThat(task).isWaiting();
        assertThat(task.instance()).isNull();
        assertThat(task.expires() - System.currentTimeMillis())
                .isBetween(Duration.ofHours(23).toMillis(), Duration.ofHours(24).toMillis());
        assertThat(engine.left()).doesNotContainKey("held:here");
        engine.aTake().online().takeOne();
        assertThat(engine.complete(id)).isEqualTo(Completion.ACCEPTED);
        assertThat(engine.find(id).result()).isEqualTo(Engine.DONE);
        nothingIsInMariaDb(id);
    }

    @Test
    void aDiscardedTaskIsGoneFromBothStores() {
        TaskId id = dead(engine.aTask().online().callingBack());

        assertThat(letters.discard(List.of(id), Optional.empty())).containsExactly(id);

        nothingIsInMariaDb(id);
        Waiting.until(() -> assertThat(engine.lookFor(id)).isEmpty());
        assertThat(engine.left()).doesNotContainKeys("online", "dead");
        assertThat(engine.counts()).doesNotContainKey("0:failed");
    }

    @Test
    void aDeadTaskIsListedOnceAmongTheTasks() {
        TaskId id = dead(engine.aTask().online());
        TaskId offline = engine.aTask().put();

        TaskFilter all = new TaskFilter(
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                10,
                Optional.empty());
        assertThat(engine.tasks.list(all, List.of(engine.first())))
                .extracting(Task::id)
                .containsExactly(offline, id);
    }

    @Test
    void whoDiesAfterGivingATaskUpLeavesItToTheOthers() {
        Death death = unburied(engine.aTask().online().callingBack());
        expires(death.id(), false);
        assertThat(listed()).isEmpty();

        engine.reapUntil(() -> assertThat(listed()).containsExactly(death.id()));

        buried(death.id());
        expires(death.id(), true);
        assertThat(engine.callback(death.id())).contains(Engine.DONE.text());
        assertThat(engine.rows("SELECT state FROM task")).containsExactly("failed");
    }

    @Test
    void whoDiesBeforeTheListIsTidiedLeavesOneLetter() {
        TaskId id = dead(engine.aTask().online().callingBack());
        onTheList(new Death(id, 1));

        engine.reapUntil(() -> assertThat(engine.left()).doesNotContainKey("dead"));

        assertThat(listed()).containsExactly(id);
        assertThat(engine.rows("SELECT attempt FROM task_attempt WHERE task_id = ?", id.text()))
                .containsExactly("1");
        assertThat(engine.callback(id)).isPresent();
    }

    @Test
    void aLostCommitOfABurialIsDoneAgain() {
        Death lost = unburied(engine.aTask().online());
        Death unsure = unburied(engine.aTask().online());

        engine.faults.loseNextCommit();
        assertThat(Waiting.on(engine.deaths.bury(lost))).isTrue();
        engine.faults.loseAnswerOfNextCommit();
        assertThat(Waiting.on(engine.deaths.bury(unsure))).isTrue();

        assertThat(listed()).containsExactlyInAnyOrder(unsure.id(), lost.id());
    }

    @Test
    void severalWhoBuryATaskAtOnceLeaveOneLetter() {
        Death death = unburied(engine.aTask().online().callingBack());
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(CompletableFuture.supplyAsync(() -> Waiting.on(engine.deaths.bury(death))));
        }

        assertThat(all.stream().filter(CompletableFuture::join)).hasSize(1);
        assertThat(listed()).containsExactly(death.id());
    }

    @Test
    void whoBuriesTooLateBringsNoLetterBack() {
        Death death = unburied(engine.aTask().online().callingBack());
        // Somebody else buried it and it was discarded, since this one began.
        engine.redis
                .<String>getSet(Keys.dead(death.id().queue()), StringCodec.INSTANCE)
                .delete();

        assertThat(Waiting.on(engine.deaths.bury(death))).isFalse();

        nothingIsInMariaDb(death.id());
    }

    @Test
    void aLateBurialOfWhatWasReplayedChangesNothing() {
        TaskId id = dead(engine.aTask().online().callingBack());
        replay(id);

        assertThat(Waiting.on(engine.deaths.bury(new Death(id, 1)))).isFalse();

        nothingIsInMariaDb(id);
        assertThat(engine.find(id)).isWaiting();
        expires(id, false);
    }

    @Test
    void aReplayThatDiedBeforeRedisIsFinishedByOthers() {
        TaskId id = dead(engine.aTask().online());
        engine.run("UPDATE task SET state = 'waiting', attempt = 2, ended = NULL, result = NULL, error = NULL");
        engine.run("DELETE FROM dead_letter");

        engine.reapUntil(() -> assertThat(engine.rows("SELECT id FROM task")).isEmpty());

        assertThat(engine.find(id)).isWaiting().onAttempt(2);
        assertThat(engine.aTake().online().takeIds()).containsExactly(id);
        nothingIsInMariaDb(id);
    }

    @Test
    void aReplayThatDiedBeforeItsRowWasGoneRunsOnce() {
        TaskId id = dead(engine.aTask().online());
        engine.run("UPDATE task SET state = 'waiting', attempt = 2, ended = NULL, result = NULL, error = NULL");
        engine.run("DELETE FROM dead_letter");
        Task row = engine.table.find(id).orElseThrow();
        DeadList list = new DeadList(engine.redis, engine.scripts, Engine.RETENTION);
        assertThat(Waiting.on(list.revive(row, Duration.ofHours(1), new byte[0])))
                .isTrue();
        engine.aTake().online().takeOne();
        engine.complete(id);

        engine.reapUntil(() -> assertThat(engine.rows("SELECT id FROM task")).isEmpty());

        assertThat(engine.find(id)).is(TaskState.SUCCEEDED);
        assertThat(engine.aTake().online().takeIds()).isEmpty();
    }

    @Test
    void aTaskThatDiesAgainBeforeTheRowOfItsReplayIsGoneIsALetter() {
        TaskId id = dead(engine.aTask().online());
        engine.run("UPDATE task SET state = 'waiting', attempt = 2, ended = NULL, result = NULL, error = NULL");
        engine.run("DELETE FROM dead_letter");
        Task row = engine.table.find(id).orElseThrow();
        DeadList list = new DeadList(engine.redis, engine.scripts, Engine.RETENTION);
        Waiting.on(list.revive(row, Duration.ofHours(1), new byte[0]));
        fail(id, "again");

        engine.reaper.runOnce();

        assertThat(listed()).containsExactly(id);
        assertThat(engine.find(id)).is(TaskState.FAILED);
        assertThat(letters.find(id).orElseThrow().task()).is(TaskState.FAILED).onAttempt(3);
    }

    @Test
    void onlyOneOfSeveralWhoReplayTheSameTaskDoes() {
        TaskId id = dead(engine.aTask().online());
        List<CompletableFuture<Set<TaskId>>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(CompletableFuture.supplyAsync(() -> letters.replay(List.of(id), Optional.empty())));
        }

        assertThat(all.stream().mapToInt(done -> done.join().size()).sum()).isEqualTo(1);
        assertThat(engine.counts()).containsEntry("0:waiting", 1L);
        assertThat(engine.aTake().online().size(5).takeIds()).containsExactly(id);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aReplayWhoseCommitIsLostIsDoneAndAnsweredAllTheSame(int level) {
        TaskId lost = deadAt(level);
        TaskId unsure = deadAt(level);

        engine.faults.loseNextCommit();
        assertThat(replay(lost)).isTrue();
        engine.faults.loseAnswerOfNextCommit();
        assertThat(replay(unsure)).isTrue();

        assertThat(listed()).isEmpty();
        assertThat(engine.aTake().from(engine.first(), level).size(5).takeIds()).containsExactly(lost, unsure);
        assertThat(engine.find(unsure)).onAttempt(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aDiscardWhoseCommitIsLostIsDoneAndAnsweredAllTheSame(int level) {
        TaskId lost = deadAt(level);
        TaskId unsure = deadAt(level);

        engine.faults.loseNextCommit();
        assertThat(letters.discard(List.of(lost), Optional.empty())).containsExactly(lost);
        engine.faults.loseAnswerOfNextCommit();
        assertThat(letters.discard(List.of(unsure), Optional.empty())).containsExactly(unsure);

        assertThat(listed()).isEmpty();
        assertThat(engine.rows("SELECT id FROM task")).isEmpty();
    }

    @Test
    void whoCannotFindOutWhatBecameOfACommitSaysSo() {
        TaskId id = deadAt(1);
        engine.faults.afterNextCommit(engine.faults::loseNextCommit);
        engine.faults.loseAnswerOfNextCommit();

        assertThatThrownBy(() -> replay(id))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE))
                .hasMessageContaining("nobody knows");
        assertThat(engine.find(id)).isWaiting();
    }

    @Test
    void whoReplaysBeforeTheLastAttemptIsWrittenFindsOutToo() {
        TaskId id = deadAt(1);
        engine.run("DELETE FROM task_attempt");
        String entry =
                "{\"attempt\":1,\"worker\":\"w\",\"started\":1,\"ended\":2,\"outcome\":\"failed\",\"error\":\"\"}";
        engine.redis
                .<String, String>getMap(Keys.unwritten(id.queue()), StringCodec.INSTANCE)
                .put(id + ":1", entry);

        engine.faults.loseNextCommit();
        assertThat(replay(id)).isTrue();

        assertThat(engine.rows("SELECT outcome FROM task_attempt WHERE task_id = ?", id.text()))
                .containsExactlyInAnyOrder("failed", "replayed");
    }

    /** Until nothing of it is on its way to MariaDB. */
    private TaskId deadAt(int level) {
        TaskId id = engine.aTask().level(level).put();
        Attempt attempt = engine.aTake().from(engine.first(), level).takeOne();
        Waiting.on(engine.leases.retry(id, OptionalInt.of(attempt.number()), Optional.empty(), "broken"));
        buried(id);
        Waiting.until(() -> assertThat(engine.left()).doesNotContainKey("unwritten"));
        return id;
    }
}
