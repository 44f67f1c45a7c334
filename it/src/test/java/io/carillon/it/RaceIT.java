package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.HttpWorker;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import io.carillon.worker.Take;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Many callers who wait at once, and workers who are faster than anybody expects. */
@Isolated("it measures")
class RaceIT {
    private static final int RACES = Integer.getInteger("carillon.race", 3000);
    private static final int HELD = Integer.getInteger("carillon.held", 2000);
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void noCallerMissesTheAnswerOfAWorkerThatAnswersAtOnce() throws InterruptedException {
        String queue = a.newQueue();
        Map<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();
        AtomicInteger wrong = new AtomicInteger();
        AtomicInteger broken = new AtomicInteger();
        Semaphore open = new Semaphore(64);
        long start = System.nanoTime();
        try (HttpWorker onA = answering(a, queue);
                HttpWorker onB = answering(b, queue)) {
            for (int i = 0; i < RACES; i++) {
                open.acquire();
                int n = i;
                (i % 2 == 0 ? a : b)
                        .putLater(Put.blocking(queue).data("{\"n\":" + n + "}").timeout(30))
                        .whenComplete((answer, failure) -> {
                            open.release();
                            if (failure != null) {
                                broken.incrementAndGet();
                                return;
                            }
                            statuses.computeIfAbsent(answer.status(), s -> new AtomicInteger())
                                    .incrementAndGet();
                            if (!answer.text().equals("{\"n\":" + n + "}")) {
                                wrong.incrementAndGet();
                            }
                        });
            }
            open.acquire(64);
            assertThat(onA.failures()).isEmpty();
            assertThat(onB.failures()).isEmpty();
        }
        double seconds = (System.nanoTime() - start) / 1e9;

        System.out.printf(
                "%d blocking calls, 64 at a time: %.0f/s, statuses %s%n",
                RACES, RACES / seconds, new TreeMap<>(statuses));
        assertThat(broken).hasValue(0);
        assertThat(wrong).hasValue(0);
        assertThat(statuses).containsOnlyKeys(200);
        assertThat(statuses.get(200)).hasValue(RACES);
    }

    private static HttpWorker answering(Server server, String queue) {
        return HttpWorker.on(
                server,
                4,
                Take.from(queue + ":0").size(10),
                task -> "{\"status_code\":200,\"body\":" + task.data() + "}");
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void callersWhoWaitDoNotSlowDownOthers() {
        String queue = a.newQueue();
        List<CompletableFuture<Answer>> callers = new ArrayList<>();
        for (int i = 0; i < HELD; i++) {
            callers.add((i % 2 == 0 ? a : b).putLater(Put.blocking(queue).timeout(120)));
        }
        Eventually.get(
                Duration.ofSeconds(60),
                () -> a.get("/v1/queues/" + queue)
                        .expect(200)
                        .json()
                        .path("counts")
                        .path("waiting")
                        .asInt(),
                waiting -> waiting == HELD);

        double fast = medianOfRoundTrips();
        System.out.printf("put, take and complete while %d callers wait: median %.1f ms%n", HELD, fast);
        assertThat(callers).noneMatch(CompletableFuture::isDone);
        try (HttpWorker onA = answering(a, queue);
                HttpWorker onB = answering(b, queue)) {
            assertThat(callers)
                    .allSatisfy(caller -> assertThat(caller.join().status()).isEqualTo(200));
            assertThat(onA.taken().size() + onB.taken().size()).isEqualTo(HELD);
        }
        assertThat(fast).isLessThan(1000);
    }

    private double medianOfRoundTrips() {
        String queue = a.newQueue();
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            long start = System.nanoTime();
            String id = a.putTask(Put.online(queue));
            assertThat(a.take("fifo", 1, queue + ":0")).containsExactly(id);
            a.complete(id, "{}").expect(200);
            nanos.add(System.nanoTime() - start);
        }
        return nanos.stream().sorted().toList().get(nanos.size() / 2) / 1e6;
    }
}
