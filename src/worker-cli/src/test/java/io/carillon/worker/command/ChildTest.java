package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A child that does not read what it is given. A pipe holds 64 KiB, so more than that blocks whoever writes it. */
@Timeout(30)
class ChildTest implements Child.Watcher {
    private static final String LARGE = "{\"task_id\":\"t\",\"payload\":\"" + "x".repeat(300_000) + "\"}\n";

    private final CountDownLatch died = new CountDownLatch(1);
    private Child child;

    @Override
    public void up() {}

    @Override
    public void down() {
        died.countDown();
    }

    @Override
    public void givenUp() {}

    private Child start(Duration limit, String script) throws Exception {
        child = new Child(
                "q",
                new ChildLaunch(List.of("sh", "-c", script), Path.of("."), 0),
                new Child.Limits(Duration.ofSeconds(10), limit, Duration.ofMillis(500), 1000),
                List.of(),
                this);
        child.start();
        return child;
    }

    @AfterEach
    void stop() {
        child.stop();
    }

    private CompletableFuture<ChildAnswer> asked(String id) {
        CompletableFuture<ChildAnswer> answer = new CompletableFuture<>();
        Thread asking = new Thread(() -> {
            try {
                answer.complete(child.ask(id, LARGE));
            } catch (Exception failure) {
                answer.completeExceptionally(failure);
            }
        });
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
                    .hasCauseInstanceOf(ChildAnswer.AttemptFailed.class);
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
                .hasCauseInstanceOf(ChildAnswer.AttemptFailed.class);
        stopped.get(5, TimeUnit.SECONDS);
    }

    @Test
    void aTaskLargerThanAPipeReachesAChildThatReads() throws Exception {
        start(
                Duration.ofSeconds(10),
                "echo '{\"status\":\"ready\"}'; read -r line; echo '{\"task_id\":\"a\",\"result\":'${#line}'}'; read -r end");

        assertThat(child.ask("a", LARGE).result().asInt()).isEqualTo(LARGE.length() - 1);
    }
}
