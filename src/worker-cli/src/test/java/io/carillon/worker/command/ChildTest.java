package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Children that misbehave. A pipe holds 64 KiB, so more than that blocks whoever writes to one that does not read. */
@Timeout(30)
class ChildTest implements Child.Watcher {
    private static final String LARGE = "{\"task_id\":\"t\",\"payload\":\"" + "x".repeat(300_000) + "\"}\n";

    private static final String READY = "echo '{\"status\":\"ready\"}'; ";

    @TempDir
    Path directory;

    private final CountDownLatch died = new CountDownLatch(1);
    private final CountDownLatch gone = new CountDownLatch(1);
    private final Semaphore ready = new Semaphore(0);
    private Duration startup = Duration.ofSeconds(10);
    private long memory;
    private int deaths = 5;
    private Child child;

    @Override
    public void up() {
        ready.release();
    }

    @Override
    public void down() {
        died.countDown();
    }

    @Override
    public void givenUp() {
        gone.countDown();
    }

    private Child start(Duration limit, String script) throws Exception {
        child = new Child(
                "q",
                new ChildLaunch(List.of("sh", "-c", script), directory, memory),
                new Child.Limits(startup, limit, Duration.ofMillis(500), 1000),
                new Restarts.Policy(
                        true, deaths, Duration.ofMillis(10), Duration.ofMillis(100), 2, Duration.ofMinutes(10)),
                Secrets.NONE,
                this);
        child.start();
        return child;
    }

    @AfterEach
    void stop() {
        child.stop();
    }

    private CompletableFuture<ChildAnswer> asked(String id) {
        return asked(id, LARGE);
    }

    private CompletableFuture<ChildAnswer> asked(String id, String line) {
        CompletableFuture<ChildAnswer> answer = new CompletableFuture<>();
        Thread asking = new Thread(() -> {
            try {
                answer.complete(child.ask(id, line));
            } catch (Exception failure) {
                answer.completeExceptionally(failure);
            }
        });
        asking.setName("ask-" + id);
        asking.setDaemon(true);
        asking.start();
        return answer;
    }

    @Test
    void theTimeForATaskIsOverAlsoForAChildThatDoesNotReadIt() throws Exception {
        start(Duration.ofMillis(300), "echo '{\"status\":\"ready\"}'; exec sleep 60");

        CompletableFuture<ChildAnswer> first = asked("a");
        CompletableFuture<ChildAnswer> second = asked("b");

        for (CompletableFuture<ChildAnswer> each : List.of(first, second)) {
            assertThatThrownBy(() -> each.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    // the second may not have begun to reach it
                    .cause()
                    .isInstanceOfAny(ChildAnswer.AttemptFailed.class, ChildLife.Unharmed.class);
        }
        assertThat(died.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void cancellingAndStoppingDoNotWaitForAChildThatDoesNotRead() throws Exception {
        start(Duration.ZERO, "trap '' TERM; echo '{\"status\":\"ready\"}'; while :; do sleep 0.2; done");
        CompletableFuture<Exception> cancelled = new CompletableFuture<>();
        Thread handler = new Thread(() -> {
            try {
                child.ask("a", LARGE);
            } catch (Exception failure) {
                cancelled.complete(failure);
            }
        });
        handler.start();
        CompletableFuture<ChildAnswer> other = asked("b");
        assertThatThrownBy(() -> other.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);

        handler.interrupt();
        assertThat(cancelled.get(5, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(child::stop);

        assertThatThrownBy(() -> other.get(20, TimeUnit.SECONDS))
                .as("it ignores SIGTERM, so SIGKILL comes after the grace")
                // it may have begun to reach the child before the other
                .cause()
                .isInstanceOfAny(ChildAnswer.AttemptFailed.class, ChildLife.Unharmed.class);
        stopped.get(5, TimeUnit.SECONDS);
    }

    @Test
    void aTaskLargerThanAPipeReachesAChildThatReads() throws Exception {
        start(
                Duration.ofSeconds(10),
                "echo '{\"status\":\"ready\"}'; read -r line; echo '{\"task_id\":\"a\",\"result\":'${#line}'}'; read -r end");

        assertThat(child.ask("a", LARGE).result().asInt()).isEqualTo(LARGE.length() - 1);
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(until);
            Thread.sleep(20);
        }
    }

    /** Dead, or a zombie that nobody in this container waits for. */
    private static boolean isGone(String pid) {
        try {
            return Files.readString(Path.of("/proc", pid, "stat")).contains(") Z ");
        } catch (IOException none) {
            return true;
        }
    }

    @Test
    void theEndOfTheProcessIsItsDeathAlsoWhenSomethingElseHoldsItsStandardOutput() throws Exception {
        start(Duration.ZERO, READY + "read -r line; setsid sleep 25 & exit 3");

        assertThatThrownBy(() -> asked("a", "{}\n").get(15, TimeUnit.SECONDS))
                .hasCauseInstanceOf(ChildAnswer.AttemptFailed.class)
                .hasMessageContaining("exit code 3");
        assertThat(ready.tryAcquire(2, 10, TimeUnit.SECONDS))
                .as("it starts again")
                .isTrue();
    }

    @Test
    void anAnswerJustBeforeItsDeathCounts() throws Exception {
        start(Duration.ZERO, READY + "read -r line; echo '{\"task_id\":\"a\",\"result\":1}'; exit 3");

        assertThat(asked("a", "{}\n").get(15, TimeUnit.SECONDS).result().asInt())
                .isEqualTo(1);
    }

    @Test
    void aTaskThatTakesTooLongKillsAllThatTheChildStartedAndIsNoDeath() throws Exception {
        deaths = 1;
        start(
                Duration.ofSeconds(3),
                "sleep 300 & echo $! >> started; " + READY
                        + "while read -r line; do case $line in *hang*) sleep 300;;"
                        + " *) echo '{\"task_id\":\"b\",\"result\":1}';; esac; done");
        assertThat(ready.tryAcquire(10, TimeUnit.SECONDS)).isTrue();

        assertThatThrownBy(() -> asked("a", "hang\n").get(15, TimeUnit.SECONDS))
                .hasMessageContaining("The child took longer than 3 s");

        assertThat(ready.tryAcquire(10, TimeUnit.SECONDS)).as("it starts again").isTrue();
        assertThat(asked("b", "work\n").get(15, TimeUnit.SECONDS).result().asInt())
                .isEqualTo(1);
        assertThat(gone.getCount()).as("not given up, as after a death").isEqualTo(1);
        String first = Files.readAllLines(directory.resolve("started")).get(0);
        eventually(() -> isGone(first));
    }

    @Test
    void whatElseAChildHadThatIsKilledForATaskIsUnharmed() throws Exception {
        start(Duration.ofSeconds(6), READY + "read -r line; sleep 2; echo > later; exec sleep 300");
        CompletableFuture<ChildAnswer> slow = asked("a", "work\n");
        eventually(() -> Files.exists(directory.resolve("later")));
        CompletableFuture<ChildAnswer> other = asked("b", "work\n");

        assertThatThrownBy(() -> slow.get(15, TimeUnit.SECONDS)).hasCauseInstanceOf(ChildAnswer.AttemptFailed.class);
        assertThatThrownBy(() -> other.get(15, TimeUnit.SECONDS))
                .hasCauseInstanceOf(ChildLife.Unharmed.class)
                .hasMessageContaining("another task took too long");
    }

    @Test
    void allTasksOfAChildThatHangsFailTogether() throws Exception {
        start(Duration.ofSeconds(2), READY + "exec sleep 300");
        List<CompletableFuture<ChildAnswer>> all = List.of(asked("a", "work\n"), asked("b", "work\n"));

        for (CompletableFuture<ChildAnswer> each : all) {
            assertThatThrownBy(() -> each.get(15, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(ChildAnswer.AttemptFailed.class);
        }
    }

    @Test
    void ofTwoTasksTheOneOfWhichTheChildHadNothingIsUnharmed() throws Exception {
        start(Duration.ZERO, READY + "while [ ! -e die ]; do sleep 0.05; done; exit 3");
        CompletableFuture<ChildAnswer> first = asked("a");
        eventually(() -> threads("child-q-stdin").anyMatch(thread -> Stream.of(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals("java.io.FileOutputStream"))));
        CompletableFuture<ChildAnswer> second = asked("b");
        eventually(() -> threads("ask-b").anyMatch(thread -> thread.getState() == Thread.State.WAITING));

        Files.createFile(directory.resolve("die"));

        assertThatThrownBy(() -> first.get(15, TimeUnit.SECONDS)).hasCauseInstanceOf(ChildAnswer.AttemptFailed.class);
        assertThatThrownBy(() -> second.get(15, TimeUnit.SECONDS)).hasCauseInstanceOf(ChildLife.Unharmed.class);
    }

    private static Stream<Thread> threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name));
    }

    @Test
    void aChildThatDiesAgainAndAgainIsGivenUp() throws Exception {
        deaths = 3;
        start(Duration.ZERO, "echo >> started; " + READY + "sleep 0.1; exit 0");

        assertThat(gone.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(directory.resolve("started"))).hasSize(3);
    }

    @Test
    void aChildThatIsNotReadyInTimeDoesNotStart() {
        startup = Duration.ofMillis(300);

        assertThatThrownBy(() -> start(Duration.ZERO, "sleep 60; " + READY))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("It was not ready within 300 ms");
    }

    @Test
    void aChildThatIsNotReadyInTimeWhenItStartsAgainHasDied() throws Exception {
        startup = Duration.ofSeconds(3);
        deaths = 2;
        start(Duration.ZERO, "if [ -e old ]; then sleep 60; fi; touch old; " + READY + "read -r line; exit 3");

        assertThatThrownBy(() -> asked("a", "{}\n").get(15, TimeUnit.SECONDS))
                .hasCauseInstanceOf(ChildAnswer.AttemptFailed.class);
        assertThat(gone.await(15, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aChildHasNoMoreMemoryThanItMay() throws Exception {
        memory = 512L * 1024 * 1024;
        start(Duration.ZERO, READY + "read -r line; echo '{\"task_id\":\"a\",\"result\":'$(ulimit -v)'}'; read -r end");

        assertThat(asked("a", "{}\n").get(15, TimeUnit.SECONDS).result().asLong())
                .isEqualTo(512 * 1024);
    }

    @Test
    void aChildThatClosesItsStandardOutputCanAnswerNoMore() throws Exception {
        start(Duration.ZERO, READY + "read -r line; exec >&-; sleep 60");

        assertThatThrownBy(() -> asked("a", "{}\n").get(15, TimeUnit.SECONDS))
                .hasCauseInstanceOf(ChildAnswer.AttemptFailed.class)
                .hasMessageContaining("It closed its standard output");
    }
}
