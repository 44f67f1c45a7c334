package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.queue.Backoff;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.codec.StringCodec;

class LeasesTest {
    private static final Backoff SHORT = new Backoff(Backoff.Type.FIXED, Duration.ofMillis(1), Duration.ofMillis(1), 0);
    private static final Backoff LONG = new Backoff(Backoff.Type.FIXED, Duration.ofHours(1), Duration.ofHours(1), 0);

    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private ATask aTask(int level) {
        return engine.aTask().level(level);
    }

    private Attempt take(int level) {
        return engine.aTake().from(engine.first(), level).worker("alice").takeOne();
    }

    private Completion retry(Attempt attempt, Optional<Duration> delay) {
        return Waiting.on(engine.leases.retry(attempt.id(), OptionalInt.of(attempt.number()), delay, "broken"));
    }

    private Completion release(Attempt attempt) {
        return Waiting.on(engine.leases.release(attempt.id(), OptionalInt.of(attempt.number()), "stopping"));
    }

    private Leases.Renewed renew(String worker, Attempt... attempts) {
        return Waiting.on(engine.leases.renew(
                worker,
                Arrays.stream(attempts)
                        .map(attempt -> new Lease(attempt.id(), attempt.number()))
                        .toList()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFailedAttemptIsTriedAgainInItsOldPlaceAfterItsBackoff(int level) {
        TaskId first = aTask(level).retrying(new Retries(null, SHORT, null)).put();
        TaskId second = aTask(level).put();
        Attempt failed = take(level);

        assertThat(retry(failed, Optional.empty())).isEqualTo(Completion.ACCEPTED);
        engine.passes(engine.find(first).delivery().due());
        assertThat(take(level).id()).isEqualTo(first);
        assertThat(take(level).id()).isEqualTo(second);
        assertThat(engine.find(first)).isRunning().onAttempt(2).hasLost(0);
        assertThat(engine.find(first).delivery().failures()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskInBackoffHoldsUpNobody(int level) {
        TaskId resting = aTask(level).put();
        TaskId next = aTask(level).put();
        retry(take(level), Optional.of(Duration.ofHours(1)));

        assertThat(take(level).id()).isEqualTo(next);
        assertThat(engine.find(resting)).is(TaskState.SCHEDULED);
        assertThat(engine.find(resting).delivery().due())
                .isBetween(System.currentTimeMillis() + 3_500_000, System.currentTimeMillis() + 3_700_000);
        assertThat(engine.counts()).containsEntry(level + ":scheduled", 1L);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskThatFailedAsOftenAsItMayIsGivenUpAndItsProducerIsTold(int level) {
        TaskId id =
                aTask(level).callingBack().retrying(new Retries(2, SHORT, null)).put();
        retry(take(level), Optional.of(Duration.ZERO));
        assertThat(retry(take(level), Optional.empty())).isEqualTo(Completion.ACCEPTED);

        assertThat(engine.find(id)).is(TaskState.FAILED);
        assertThat(engine.find(id).error()).isEqualTo("broken");
        Waiting.until(() ->
                assertThat(engine.callback(id).orElse("")).contains("\"500\"").contains("broken"));
    }

    @Test
    void theQueueSaysHowOftenATaskMayFail() {
        engine.settings(settings -> settings.maxAttempts(1));
        TaskId id = engine.aTask().put();
        retry(take(1), Optional.empty());

        assertThat(engine.find(id)).is(TaskState.FAILED);
    }

    @Test
    void theQueuesBackoffDoublesUpToItsMost() {
        engine.settings(settings -> settings.maxAttempts(-1)
                .backoff(new Backoff(Backoff.Type.EXPONENTIAL, Duration.ofHours(1), Duration.ofHours(3), 0)));
        TaskId id = engine.aTask().put();
        long[] hours = new long[4];
        for (int i = 0; i < hours.length; i++) {
            long before = System.currentTimeMillis();
            retry(take(1), Optional.empty());
            hours[i] = Math.round((engine.find(id).delivery().due() - before) / 3_600_000d);
            engine.redis
                    .<String>getScoredSortedSet(Keys.queue(id.queue()) + "scheduled", StringCodec.INSTANCE)
                    .add(1, id.text());
        }

        assertThat(hours).containsExactly(1, 2, 3, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aReleasedTaskWaitsAgainUnharmed(int level) {
        TaskId id = aTask(level).retrying(new Retries(1, SHORT, null)).put();
        for (int i = 0; i < 8; i++) {
            assertThat(release(take(level))).isEqualTo(Completion.ACCEPTED);
        }

        assertThat(engine.find(id)).isWaiting().onAttempt(8).hasLost(0);
        assertThat(engine.find(id).delivery().failures()).isZero();
    }

    @Test
    void whatIsHandedBackTwiceIsHandedBackOnce() {
        TaskId id = engine.aTask().put();
        Attempt attempt = take(1);
        retry(attempt, Optional.of(Duration.ofHours(1)));

        assertThat(retry(attempt, Optional.empty())).isEqualTo(Completion.SAME);
        assertThat(release(attempt)).isEqualTo(Completion.SAME);
        assertThat(engine.find(id).delivery().failures()).isEqualTo(1);
    }

    @Test
    void anOlderAttemptCannotHandBackWhatSomebodyElseHas() {
        engine.aTask().put();
        Attempt old = take(1);
        release(old);
        Attempt current = take(1);

        assertThat(release(old)).isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(retry(old, Optional.empty())).isEqualTo(Completion.OLDER_ATTEMPT);
        assertThat(engine.find(current.id())).isRunning().onAttempt(2);
    }

    @Test
    void anEndedTaskIsNotHandedBack() {
        Attempt attempt = attemptOf(engine.aTask().online().put(), 0);
        engine.complete(attempt.id());

        assertThat(retry(attempt, Optional.empty())).isEqualTo(Completion.REFUSED);
        assertThat(release(attempt)).isEqualTo(Completion.REFUSED);
        assertThat(engine.find(attempt.id())).isSucceeded();
    }

    @Test
    void anOfflineTaskThatHasEndedOrNeverWasIsNotHandedBack() {
        Attempt attempt = attemptOf(engine.aTask().put(), 1);
        engine.complete(attempt.id());
        TaskId madeUp = engine.aTask().make().id();

        assertThat(retry(attempt, Optional.empty())).isEqualTo(Completion.REFUSED);
        assertThat(release(attempt)).isEqualTo(Completion.REFUSED);
        assertThat(engine.find(attempt.id())).isSucceeded();
        assertThat(Waiting.on(engine.leases.release(madeUp, OptionalInt.empty(), null)))
                .isEqualTo(Completion.UNKNOWN);
    }

    @Test
    void whoTakesIsToldHowOftenTheTaskWentWrong() {
        engine.aTask().put();
        retry(take(1), Optional.of(Duration.ZERO));
        engine.aTake().losingTheLease().take();
        engine.reapUntil(() -> assertThat(engine.counts()).containsEntry("1:waiting", 1L));

        assertThat(take(1))
                .extracting(Attempt::number, Attempt::failures, Attempt::lost)
                .containsExactly(3, 1, 1);
    }

    private Attempt attemptOf(TaskId id, int level) {
        Attempt attempt = take(level);
        assertThat(attempt.id()).isEqualTo(id);
        return attempt;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aHeartbeatRenewsALeaseForAsLongAsItWasGiven(int level) {
        TaskId id = aTask(level).put();
        Attempt attempt = engine.aTake()
                .from(engine.first(), level)
                .worker("alice")
                .leasing(Duration.ofMinutes(7))
                .takeOne();
        engine.passes(attempt.started() + 20);

        assertThat(renew("alice", attempt)).isEqualTo(new Leases.Renewed(List.of(id), List.of(), List.of()));
        assertThat(engine.find(id).deadline()).isBetween(attempt.deadline() + 15, attempt.deadline() + 60_000);
    }

    @Test
    void aHeartbeatSaysWhatIsLostAndWhatIsInVain() {
        Attempt kept = attemptOf(engine.aTask().put(), 1);
        Attempt cancelled = attemptOf(engine.aTask().put(), 1);
        Attempt completed = attemptOf(engine.aTask().put(), 1);
        Attempt onlineCancelled = attemptOf(engine.aTask().online().put(), 0);
        Attempt released = attemptOf(engine.aTask().put(), 1);
        engine.cancel(cancelled.id());
        engine.cancel(onlineCancelled.id());
        engine.complete(completed.id());
        release(released);

        Leases.Renewed renewed = renew("alice", kept, cancelled, completed, onlineCancelled, released);

        assertThat(renewed.renewed()).containsExactly(kept.id());
        assertThat(renewed.stop()).containsExactlyInAnyOrder(cancelled.id(), onlineCancelled.id());
        assertThat(renewed.lost()).containsExactlyInAnyOrder(completed.id(), released.id());
    }

    @Test
    void aHeartbeatForATaskThatRestsDoesNotLockItsLevel() {
        engine.settings(settings -> settings.sequential(true));
        TaskId id = engine.aTask().dueAfter(Duration.ofMinutes(1)).put();
        // As it is when Redis had forgotten an attempt, and another failed since.
        engine.redis
                .<String, String>getMap(Keys.task(id), StringCodec.INSTANCE)
                .putAll(Map.of("attempt", "1", "floor", "101"));
        TaskId other = engine.aTask().put();

        assertThat(Waiting.on(engine.leases.renew("alice", List.of(new Lease(id, 2))))
                        .lost())
                .containsExactly(id);
        assertThat(engine.left()).doesNotContainKey("sequential:1");
        assertThat(engine.aTake().takeIds()).containsExactly(other);
    }

    @Test
    void aWorkerCannotRenewTheLeaseOfAnother() {
        Attempt attempt = attemptOf(engine.aTask().put(), 1);

        assertThat(renew("bob", attempt).lost()).containsExactly(attempt.id());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void anAttemptThatTakesTooLongFailsAlthoughItsWorkerIsAlive(int level) {
        TaskId id = aTask(level)
                .retrying(new Retries(null, LONG, Duration.ofMillis(50)))
                .put();
        Attempt attempt = take(level);
        engine.passes(attempt.started() + 60);

        assertThat(renew("alice", attempt).stop()).containsExactly(id);
        engine.reapUntil(() -> assertThat(engine.find(id)).is(TaskState.SCHEDULED));
        assertThat(engine.find(id).delivery().failures()).isEqualTo(1);
        assertThat(engine.find(id).lost()).isZero();
    }

    @Test
    void howAttemptsEndedIsWrittenDown() {
        TaskId id = engine.aTask().retrying(new Retries(5, SHORT, null)).put();
        retry(take(1), Optional.of(Duration.ZERO));
        release(take(1));
        engine.aTake().worker("bob").losingTheLease().take();
        engine.reapUntil(() -> assertThat(engine.find(id)).isWaiting());

        Waiting.until(() -> assertThat(engine.attempts.of(id))
                .extracting(EndedAttempt::attempt, EndedAttempt::worker, EndedAttempt::outcome, EndedAttempt::error)
                .containsExactly(
                        Tuple.tuple(1, "alice", "failed", "broken"),
                        Tuple.tuple(2, "alice", "released", "stopping"),
                        Tuple.tuple(3, "bob", "lost", "")));
        Waiting.until(() -> assertThat(engine.left()).doesNotContainKey("unwritten"));
    }

    @Test
    void howAttemptsOfAnOnlineTaskEndedIsKeptWithIt() {
        TaskId id = engine.aTask().online().put();
        retry(take(0), Optional.of(Duration.ZERO));
        release(take(0));
        engine.complete(id, DONE);

        assertThat(Waiting.on(engine.past.of(id)))
                .extracting(EndedAttempt::outcome)
                .containsExactly("failed", "released");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aDelayedTaskIsNotTakenBeforeItIsDue(int level) {
        TaskId id = aTask(level).dueAfter(Duration.ofMillis(300)).put();
        assertThat(engine.find(id)).is(TaskState.SCHEDULED);
        long due = engine.find(id).delivery().due();

        Waiting.until(() ->
                assertThat(engine.aTake().from(engine.first(), level).takeIds()).containsExactly(id));

        assertThat(engine.find(id).started()).isGreaterThanOrEqualTo(due);
    }

    @Test
    void aWaitingTakeGetsADelayedTaskWhenItIsDue() {
        LongTakes longTakes = engine.longTakes();
        TaskId id = engine.aTask().dueAfter(Duration.ofMillis(300)).put();
        var waiting =
                longTakes.take(engine.aTake().waiting(Duration.ofSeconds(20)).make());
        engine.reap();

        assertThat(Engine.ids(Waiting.on(waiting))).containsExactly(id);
    }

    @Test
    void aTaskThatIsDueInAnHourWaitsInMariaDbAndComesWhenItIsNear() {
        TaskId id = engine.aTask().dueAfter(Duration.ofHours(1)).put();
        assertThat(engine.left()).doesNotContainKey("task:" + id);
        assertThat(engine.find(id)).is(TaskState.SCHEDULED);
        engine.run("UPDATE task SET due = " + System.currentTimeMillis());
        engine.reapUntil(() -> assertThat(engine.left()).containsKey("task:" + id));

        Waiting.until(() -> assertThat(engine.aTake().takeIds()).containsExactly(id));
    }

    @Test
    void aDelayedTaskCanBeCancelledBeforeItIsDue() {
        TaskId near = engine.aTask().dueAfter(Duration.ofSeconds(30)).put();
        TaskId far = engine.aTask().dueAfter(Duration.ofHours(30)).put();

        assertThat(engine.cancel(near)).isTrue();
        assertThat(engine.cancel(far)).isTrue();
        assertThat(engine.left().keySet()).containsExactlyInAnyOrder("accepted", "counts");
        assertThat(engine.counts())
                .doesNotContainKeys("1:scheduled", "1:waiting")
                .containsEntry("1:cancelled", 2L);
    }
}
