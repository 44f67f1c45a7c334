package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import io.carillon.worker.PermanentFailure;
import io.carillon.worker.ScheduledWorker;
import io.carillon.worker.TaskExecutor;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import io.carillon.worker.WorkerBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library as a Java program has it. The examples of docs/worker.md are here too. */
@Timeout(120)
class WorkerLibraryIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();
    private final String queue = a.newQueue();

    private WorkerBuilder worker() {
        return Worker.builder()
                .server(a.url().toString())
                .key(a.key())
                .heartbeat(Duration.ofMillis(500))
                .concurrency(4);
    }

    record Picture(int width, int height) {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerAnswersThoseWhoWait(boolean eventBus) {
        try (Worker worker = worker().eventBus(eventBus)
                .handler(queue, task -> {
                    Picture picture = task.getPayload(Picture.class);
                    task.emitProgress("1", "message", Map.of("percent", 50));
                    return Map.of("width", picture.width());
                })
                .start()) {
            assertThat(b.put(Put.blocking(queue).data("{\"width\":3,\"height\":4}"))
                            .expect(200)
                            .text())
                    .isEqualTo("{\"width\":3}");
            try (SseReader caller = SseReader.put(a, Put.streaming(queue).data("{\"width\":3,\"height\":4}"))) {
                assertThat(caller.frames().get(0)).isEqualTo("id:1\nevent:message\ndata:{\"percent\":50}\n\n");
            }
            assertThat(worker.statistics().taken()).isEqualTo(2);
        }
    }

    @Test
    void cancellingATaskInterruptsItsHandler() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        try (Worker worker = worker().concurrency(1)
                .handler(queue, task -> {
                    begun.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException cancelled) {
                        interrupted.complete(task.isCancelled());
                        throw cancelled;
                    }
                    return null;
                })
                .start()) {
            String task = a.putTask(Put.offline(queue));
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            b.cancel(task);

            assertThat(interrupted.get(20, TimeUnit.SECONDS)).isTrue();
            assertThat(a.status(task)).isEqualTo("cancelled");
            Eventually.passes(() -> assertThat(worker.statistics().running()).isZero());
            assertThat(worker.statistics().cancelled()).isEqualTo(1);
        }
    }

    @Test
    void failuresAreTriedAgainUnlessTheyArePermanentAndALaterOneCountsForNothing() throws Exception {
        a.patch("/v1/queues/" + queue, "{\"backoff\":{\"type\":\"fixed\",\"delay_ms\":10}}")
                .expect(200);
        AtomicInteger seen = new AtomicInteger();
        try (Worker worker = worker().handler(queue, task -> {
                    switch (task.getPayload()) {
                        case "{\"do\":\"throw\"}" -> {
                            if (task.attempt() == 1) {
                                throw new IllegalStateException("out of memory");
                            }
                        }
                        case "{\"do\":\"later\"}" -> {
                            if (seen.incrementAndGet() < 3) {
                                task.markRetryLater(Duration.ofMillis(50));
                            }
                        }
                        default -> throw new PermanentFailure(422, "no such thing");
                    }
                    return task.attempt();
                })
                .start()) {
            assertThat(a.put(Put.blocking(queue).data("{\"do\":\"throw\"}"))
                            .expect(200)
                            .text())
                    .isEqualTo("2");
            assertThat(a.put(Put.blocking(queue).data("{\"do\":\"later\"}"))
                            .expect(200)
                            .text())
                    .isEqualTo("1");
            assertThat(seen).hasValue(3);
            assertThat(a.put(Put.blocking(queue).data("{\"do\":\"no\"}"))
                            .expect(422)
                            .text())
                    .isEqualTo("{\"error\":\"no such thing\"}");
            assertThat(worker.statistics().failed()).isEqualTo(1);
        }
    }

    @Test
    void aWorkerThatEveryTaskFailsInStopsBeforeItHasWornOutTheQueue() throws Exception {
        for (int i = 0; i < 10; i++) {
            a.putTask(Put.offline(queue));
        }
        try (Worker worker = worker().concurrency(1)
                .maxConsecutiveErrors(3)
                .handler(queue, task -> {
                    throw new IllegalStateException("no GPU");
                })
                .start()) {
            assertThat(worker.awaitEnd(Duration.ofSeconds(30))).contains(Worker.Reason.TOO_MANY_ERRORS);
            assertThat(worker.statistics().failed()).isBetween(3L, 4L);
        }
    }

    @Test
    void aStoppedWorkerFinishesWhatItCanAndHandsBackTheRest() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch goOn = new CountDownLatch(1);
        Worker worker = worker().shutdownTimeout(Duration.ofSeconds(2))
                .handler(queue, task -> {
                    begun.countDown();
                    (task.getPayload().contains("short") ? goOn : new CountDownLatch(1)).await();
                    return null;
                })
                .start();
        String quick = a.putTask(Put.offline(queue).data("{\"is\":\"short\"}"));
        String slow = a.putTask(Put.offline(queue).data("{\"is\":\"long\"}"));
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(worker::close);
        goOn.countDown();

        stopped.get(20, TimeUnit.SECONDS);
        assertThat(a.status(quick)).isEqualTo("succeeded");
        JsonNode back = a.task(slow).json();
        assertThat(back.path("state").asText()).isEqualTo("waiting");
        assertThat(back.path("failures").asInt() + back.path("lost_leases").asInt())
                .isZero();
    }

    @Test
    void bellasWordsWork() throws Exception {
        TaskExecutor executor = new TaskExecutor() {
            @Override
            public void submit(TaskWrapper task) {
                task.markComplete(Map.of("status_code", 200, "body", Map.of("got", task.payload())));
            }

            @Override
            public Integer remainingCapacity() {
                return 1;
            }
        };
        WorkerBuilder builder = worker().concurrency(4).executor(executor);
        try (ScheduledWorker scheduled =
                ScheduledWorker.of(builder, ScheduledWorker.Properties.of(queue + ":0", queue + ":1"))) {
            scheduled.start();
            assertThat(a.put(Put.blocking(queue).data("{\"n\":1}")).expect(200).text())
                    .isEqualTo("{\"got\":{\"n\":1}}");
        }
        a.putTask(Put.offline(queue));
        try (Worker pulled = worker().queue(queue).executor(executor).build()) {
            assertThat(pulled.pullAndProcess()).isEqualTo(1);
            assertThat(pulled.pullAndProcess()).isZero();
        }
    }
}
