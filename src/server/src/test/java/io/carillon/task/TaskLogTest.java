package io.carillon.task;

import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.queue.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskLogTest {
    private static final Backoff SHORT = new Backoff(Backoff.Type.FIXED, Duration.ofMillis(1), Duration.ofMillis(1), 0);

    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private List<String> log(TaskId id) {
        List<TaskLog.Entry> log = Waiting.on(engine.log.of(engine.find(id)));
        assertThat(log).extracting(TaskLog.Entry::time).isSorted().doesNotContain(0L);
        return log.stream()
                .map(entry -> entry.state().word() + " " + entry.attempt() + " " + entry.why()
                        + (entry.worker() == null ? "" : " " + entry.worker())
                        + (entry.error() == null ? "" : ": " + entry.error()))
                .toList();
    }

    private Attempt take(int level) {
        return engine.aTake().from(engine.first(), level).worker("alice").takeOne();
    }

    private void retry(Attempt attempt, String why) {
        Waiting.on(
                engine.leases.retry(attempt.id(), OptionalInt.of(attempt.number()), Optional.of(Duration.ZERO), why));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void everyChangeIsInTheLogInItsOrder(int level) {
        TaskId id = engine.aTask()
                .level(level)
                .retrying(new Retries(5, SHORT, null))
                .put();
        assertThat(log(id)).containsExactly("waiting 0 put");
        retry(take(level), "broken");
        Attempt second = take(level);
        Waiting.on(engine.leases.release(id, OptionalInt.of(second.number()), "stopping"));
        engine.aTake()
                .from(engine.first(), level)
                .worker("bob")
                .losingTheLease()
                .take();
        engine.reapUntil(() -> assertThat(engine.find(id)).isWaiting());
        take(level);
        Waiting.until(() -> assertThat(log(id)).endsWith("running 4 taken alice"));
        engine.complete(id);

        Waiting.until(() -> assertThat(log(id))
                .containsExactly(
                        "waiting 0 put",
                        "running 1 taken alice",
                        "scheduled 1 failed alice: broken",
                        "running 2 taken alice",
                        "waiting 2 released alice: stopping",
                        "running 3 taken bob",
                        "waiting 3 lost bob",
                        "running 4 taken alice",
                        "succeeded 4 ended alice"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theLastFailureEndsTheTask(int level) {
        TaskId id = engine.aTask()
                .level(level)
                .retrying(new Retries(1, SHORT, null))
                .put();
        retry(take(level), "broken");

        Waiting.until(() -> assertThat(log(id))
                .containsExactly("waiting 0 put", "running 1 taken alice", "failed 1 ended alice: broken"));
    }

    @Test
    void aReplayIsInTheLogWithWhatWasBeforeIt() {
        TaskId id = engine.aTask().retrying(new Retries(1, SHORT, null)).put();
        retry(take(1), "first");
        engine.deadLetters.replay(List.of(id), Optional.empty());
        take(1);
        engine.complete(id);

        Waiting.until(() -> assertThat(log(id))
                .containsExactly(
                        "waiting 0 put",
                        "running 1 taken alice",
                        "failed 1 ended: first",
                        "waiting 2 replayed",
                        "running 3 taken alice",
                        "succeeded 3 ended alice"));
    }

    @Test
    void aTaskThatWasCancelledWhileItRestedHasItsFailureToo() {
        TaskId id = engine.aTask().put();
        Attempt attempt = take(1);
        Waiting.on(
                engine.leases.retry(id, OptionalInt.of(attempt.number()), Optional.of(Duration.ofHours(1)), "broken"));
        engine.cancel(id);

        assertThat(log(id).subList(0, 3))
                .containsExactly("waiting 0 put", "running 1 taken alice", "scheduled 1 failed alice: broken");
        assertThat(log(id).get(3)).startsWith("cancelled 1 ended");
    }

    @Test
    void aDelayedTaskIsScheduledFirst() {
        TaskId id = engine.aTask().dueAfter(Duration.ofHours(1)).put();

        assertThat(log(id)).containsExactly("scheduled 0 put");
    }
}
