package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Put;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Takes that wait for a task, and how fast they are answered. */
@Isolated("it measures")
class LongPollIT {
    private static final int PARKED = 500;
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static CompletableFuture<Answer> waitingTake(Server server, String name, int seconds) {
        return server.postLater(
                "/v1/queue/take", "{\"queues\":[\"" + name + "\"],\"size\":1,\"wait_seconds\":" + seconds + "}");
    }

    @Test
    void aTakeWaitsAsLongAsItSaysAndThenHasNothing() {
        String queue = a.newQueue();
        long start = System.nanoTime();

        Answer answer = waitingTake(a, queue + ":0", 1).join();

        assertThat(answer.expect(200).text().strip()).isEqualTo("{}");
        assertThat((System.nanoTime() - start) / 1e9).isBetween(0.9, 3.0);
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, false", "0, true", "1, true"})
    void aWaitingTakeIsAnsweredAtOnceWhenATaskComes(int level, boolean onTheOtherServer) {
        String queue = a.newQueue();
        String name = queue + ":" + level;
        Server taker = onTheOtherServer ? b : a;
        List<Long> nanos = new ArrayList<>();
        for (int round = 0; round < 40; round++) {
            CompletableFuture<Answer> take = waitingTake(taker, name, 20);
            // The answer to this comes after the take was sent, so that it is the take which waits most of the time.
            taker.get("/v1/queue/" + queue + "/metadata").expect(200);
            taker.get("/v1/queue/" + queue + "/metadata").expect(200);
            long put = System.nanoTime();
            CompletableFuture<Long> answered = take.thenApply(answer -> System.nanoTime());
            String id = a.putTask(Put.online(queue).level(level));
            assertThat(Server.ids(take.join())).containsExactly(id);
            nanos.add(answered.join() - put);
        }

        double median = median(nanos);
        System.out.printf(
                "put to taken, level %d, take waiting on %s server: median %.1f ms%n",
                level, onTheOtherServer ? "the other" : "the same", median);
        assertThat(median).isLessThan(1000);
    }

    private static double median(List<Long> nanos) {
        return nanos.stream().sorted().toList().get(nanos.size() / 2) / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }

    @Test
    @Timeout(120)
    void manyWaitingTakesHoldNothingUpAndEachTaskWakesOne() {
        String queue = a.newQueue();
        String other = a.newQueue();
        List<CompletableFuture<Answer>> takes = new ArrayList<>();
        for (int i = 0; i < PARKED; i++) {
            takes.add(waitingTake(i % 2 == 0 ? a : b, queue + ":1", 38));
        }
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            long start = System.nanoTime();
            String id = a.putTask(Put.online(other));
            assertThat(a.take("fifo", 1, other + ":0")).containsExactly(id);
            nanos.add(System.nanoTime() - start);
        }
        System.out.printf("put and take while %d takes wait: median %.1f ms%n", PARKED, median(nanos));
        assertThat(takes).noneMatch(CompletableFuture::isDone);

        Set<String> put = new HashSet<>();
        for (int i = 0; i < PARKED; i++) {
            put.add(a.putTask(Put.offline(queue)));
        }
        List<String> taken = new ArrayList<>();
        takes.forEach(take -> taken.addAll(Server.ids(take.join())));

        assertThat(taken).hasSize(PARKED);
        assertThat(new HashSet<>(taken)).isEqualTo(put);
        assertThat(median(nanos)).isLessThan(1000);
    }

    @Test
    void aWaitingTakeIsAnsweredWhenALostLeaseGivesATaskBack() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1", ",\"process_timeout\":1,\"process_max_retries\":1");

        JsonNode again = a.takeOne(queue + ":1");

        assertThat(Server.id(again)).isEqualTo(id);
        assertThat(again.path("attempt").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskIsNotGivenToATakerWhoHungUp(int level) {
        String queue = a.newQueue();
        String name = queue + ":" + level;
        for (int round = 0; round < 5; round++) {
            hangUpInTheMiddleOfATake(name, "");
            // The taker is asked each second whether it is there.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1200));
            String id = a.putTask(Put.online(queue).level(level));
            long start = System.nanoTime();

            JsonNode task = a.takeOne(name);

            assertThat(Server.id(task)).isEqualTo(id);
            assertThat(task.path("attempt").asInt()).isBetween(1, 2);
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
            a.complete(id, "{}").expect(200);
        }
    }

    /** Whether the network tells of the hang-up before the task is on its way is luck; if not, its lease ends. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskThatComesRightAfterItsTakerHungUpIsNotLost(int level) {
        String queue = a.newQueue();
        String name = queue + ":" + level;
        for (int round = 0; round < 5; round++) {
            hangUpInTheMiddleOfATake(name, ",\"process_timeout\":2,\"process_max_retries\":1");
            String id = a.putTask(Put.online(queue).level(level));

            JsonNode task = a.takeOne(name);

            assertThat(Server.id(task)).isEqualTo(id);
            assertThat(task.path("attempt").asInt()).isBetween(1, 2);
            a.complete(id, "{}").expect(200);
        }
    }

    private void hangUpInTheMiddleOfATake(String name, String more) {
        try (RawConnection taker = new RawConnection(a, 0)) {
            taker.post("/v1/queue/take", "{\"queues\":[\"" + name + "\"],\"wait_seconds\":60" + more + "}");
            // The first sign of life comes when the take is in line.
            assertThat(taker.readSome()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aLateAnswerIsOneJsonObjectWithTheIdsOfItsRequest() {
        String queue = a.newQueue();
        CompletableFuture<Answer> take = a.sendLater(a.request("/v1/queue/take")
                .header("Content-Type", "application/json")
                .header("X-BELLA-TRACE-ID", "late-1")
                .POST(BodyPublishers.ofString("{\"queues\":[\"" + queue + ":1\"],\"wait_seconds\":3}"))
                .build());

        Answer answer = take.join().expect(200);

        assertThat(answer.json().isObject()).isTrue();
        assertThat(answer.header("Content-Type")).contains("application/json");
        assertThat(answer.header("X-BELLA-TRACE-ID")).contains("late-1");
        assertThat(answer.header("X-BELLA-REQUEST-ID")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "61", "1.5", "\"x\"", "99999999999999999999"})
    void aWaitOutOfRangeIsRefused(String seconds) {
        String queue = a.newQueue();

        assertError(a.take("{\"queues\":[\"" + queue + ":0\"],\"size\":1,\"wait_seconds\":" + seconds + "}"), 400)
                .naming("wait_seconds");
    }

    @Test
    void aWaitingTakeForUnknownQueuesAloneIsAnsweredAtOnce() {
        long start = System.nanoTime();

        assertError(waitingTake(a, "nobody-knows-this:0", 30).join(), 404);

        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }
}
