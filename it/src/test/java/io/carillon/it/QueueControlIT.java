package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a queue's settings do to those who take from it. */
class QueueControlIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private void change(String queue, String json) {
        a.patch("/v1/queues/" + queue, json).expect(200);
    }

    private List<String> put(int count, Put put) {
        return IntStream.range(0, count).mapToObj(i -> a.putTask(put)).toList();
    }

    private static Put ofGroup(String queue, String group) {
        return Put.offline(queue).field("group", "\"" + group + "\"");
    }

    private CompletableFuture<Answer> takeLater(Server server, String fullQueueName) {
        return server.postLater(
                "/v1/queue/take", "{\"queues\":[\"" + fullQueueName + "\"],\"size\":1,\"wait_seconds\":20}");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aPausedQueueGivesNothingOnAnyServerAndAcceptsPuts(int level) {
        String queue = a.newQueue();
        change(queue, "{\"paused\":true}");
        String id = b.putTask(Put.offline(queue).level(level));

        assertThat(a.take("fifo", 10, queue + ":" + level)).isEmpty();
        assertThat(b.take("fifo", 10, queue + ":" + level)).isEmpty();

        a.post("/v1/queues/" + queue + "/resume").expect(200);
        assertThat(b.take("fifo", 10, queue + ":" + level)).containsExactly(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fifo", "round_robin", "active_passive", "sequential"})
    void everyStrategyPassesOverAPausedQueue(String strategy) {
        String paused = a.newQueue();
        String open = a.newQueue();
        put(2, Put.offline(paused));
        String id = a.putTask(Put.offline(open));
        change(paused, "{\"paused\":true}");

        assertThat(a.take(strategy, 5, paused + ":1", open + ":1")).containsExactly(id);
    }

    @Test
    void aTakeThatWaitsGetsItsTaskWithinASecondOfTheResume() {
        String queue = a.newQueue();
        change(queue, "{\"paused\":true}");
        String id = a.putTask(Put.offline(queue));
        CompletableFuture<Answer> take = takeLater(b, queue + ":1");
        assertThat(a.take("fifo", 1, queue + ":1")).isEmpty();

        a.post("/v1/queues/" + queue + "/resume").expect(200);
        long resumed = System.nanoTime();

        assertThat(Server.ids(take.join())).containsExactly(id);
        assertThat(Duration.ofNanos(System.nanoTime() - resumed)).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void whatRunsWhenAQueueIsPausedCanStillBeCompleted() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");

        change(queue, "{\"paused\":true}");

        a.complete(id, "{\"body\":1}").expect(200);
        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @Test
    void noMoreRunAtOnceThanTheQueuesConcurrency() {
        String queue = a.newQueue();
        change(queue, "{\"concurrency\":3}");
        List<String> ids = new ArrayList<>(put(4, Put.offline(queue)));
        ids.addAll(put(2, Put.offline(queue).level(2)));

        List<String> first = a.take("active_passive", 10, queue + ":1", queue + ":2");
        assertThat(first).containsExactlyElementsOf(ids.subList(0, 3));
        assertThat(b.take("fifo", 10, queue + ":1", queue + ":2")).isEmpty();

        CompletableFuture<Answer> waiting = takeLater(b, queue + ":1");
        a.complete(first.get(0), "{\"body\":1}").expect(200);
        assertThat(Server.ids(waiting.join())).containsExactly(ids.get(3));
        assertThat(a.take("fifo", 10, queue + ":2")).isEmpty();
    }

    @Test
    void aHigherConcurrencyHoldsAtOnce() {
        String queue = a.newQueue();
        change(queue, "{\"concurrency\":1}");
        List<String> ids = put(3, Put.offline(queue));
        assertThat(a.take("fifo", 10, queue + ":1")).containsExactly(ids.get(0));
        CompletableFuture<Answer> waiting = takeLater(b, queue + ":1");

        change(queue, "{\"concurrency\":2}");

        assertThat(Server.ids(waiting.join())).containsExactly(ids.get(1));
        change(queue, "{\"concurrency\":null}");
        assertThat(a.take("fifo", 10, queue + ":1")).containsExactly(ids.get(2));
    }

    @Test
    void aLeaseThatRunsOutMakesRoom() {
        String queue = a.newQueue();
        change(queue, "{\"concurrency\":1,\"lease_seconds\":1}");
        List<String> ids = put(2, Put.offline(queue));
        a.takeOne(queue + ":1");

        JsonNode again = a.takeOne(queue + ":1");

        assertThat(Server.id(again)).isEqualTo(ids.get(0));
        assertThat(again.path("attempt").asInt()).isEqualTo(2);
    }

    @Test
    void noMoreAreTakenInASecondThanTheRateAllows() {
        String queue = a.newQueue();
        change(queue, "{\"rate_limit\":{\"limit\":5,\"per\":\"second\"}}");
        put(20, Put.offline(queue));
        long begin = System.nanoTime();

        List<String> taken = new ArrayList<>();
        Eventually.get(
                Duration.ofSeconds(20),
                () -> {
                    taken.addAll(a.take("fifo", 20, queue + ":1"));
                    taken.addAll(b.take("fifo", 20, queue + ":1"));
                    return taken.size();
                },
                size -> size == 20);

        assertThat(taken).doesNotHaveDuplicates();
        // 5 at once, or up to 10 around the end of a first window, and 5 with each second after it.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(1900));
    }

    @Test
    void aRatePerMinuteGivesItsLimitAndThenNothingForLong() {
        String queue = a.newQueue();
        change(queue, "{\"rate_limit\":{\"limit\":1,\"per\":\"minute\"}}");
        put(5, Put.offline(queue));

        int taken = 0;
        for (int i = 0; i < 10; i++) {
            taken += a.take("fifo", 5, queue + ":1").size();
        }
        assertThat(taken).isBetween(1, 2);

        change(queue, "{\"rate_limit\":null}");
        assertThat(a.take("fifo", 5, queue + ":1")).hasSize(5 - taken);
    }

    @Test
    void groupsTakeTurns() {
        String queue = a.newQueue();
        List<String> many = put(6, ofGroup(queue, "many"));
        List<String> few = put(2, ofGroup(queue, "few"));

        List<String> taken = a.take("fifo", 4, queue + ":1");

        assertThat(taken).containsExactlyInAnyOrder(many.get(0), many.get(1), few.get(0), few.get(1));
    }

    @Test
    void noMoreOfAGroupRunAtOnceThanItsConcurrency() {
        String queue = a.newQueue();
        change(queue, "{\"group_concurrency\":1}");
        List<String> ofA = put(3, ofGroup(queue, "a"));
        List<String> ofB = put(1, ofGroup(queue, "b"));

        List<String> first = a.take("fifo", 10, queue + ":1");
        assertThat(first).containsExactlyInAnyOrder(ofA.get(0), ofB.get(0));
        assertThat(b.take("fifo", 10, queue + ":1")).isEmpty();

        a.complete(ofA.get(0), "{\"body\":1}").expect(200);
        assertThat(b.take("fifo", 10, queue + ":1")).containsExactly(ofA.get(1));
    }

    @Test
    void groupsThatWereHeldBackAreGivenWhenTheirLimitIsLifted() {
        String queue = a.newQueue();
        change(queue, "{\"group_concurrency\":1}");
        List<String> ofA = put(3, ofGroup(queue, "a"));
        assertThat(a.take("fifo", 10, queue + ":1")).containsExactly(ofA.get(0));
        CompletableFuture<Answer> waiting = takeLater(b, queue + ":1");

        change(queue, "{\"group_concurrency\":null}");

        assertThat(Server.ids(waiting.join())).containsExactly(ofA.get(1));
        assertThat(a.take("fifo", 10, queue + ":1")).containsExactly(ofA.get(2));
    }

    @Test
    void aRateOfAGroupLeavesOtherGroupsAlone() {
        String queue = a.newQueue();
        change(queue, "{\"group_rate_limit\":{\"limit\":1,\"per\":\"minute\"}}");
        put(3, ofGroup(queue, "a"));
        assertThat(a.take("fifo", 10, queue + ":1")).isNotEmpty();
        String ofB = a.putTask(ofGroup(queue, "b"));

        assertThat(a.take("fifo", 10, queue + ":1")).contains(ofB);
    }

    @Test
    void aSequentialQueueRunsOneTaskOfALevelAtATime() {
        String queue = a.newQueue();
        change(queue, "{\"sequential\":true}");
        List<String> ids = put(3, Put.offline(queue));

        assertThat(a.take("fifo", 10, queue + ":1")).containsExactly(ids.get(0));
        assertThat(b.take("round_robin", 10, queue + ":1")).isEmpty();
        a.complete(ids.get(0), "{\"body\":1}").expect(200);
        assertThat(b.take("fifo", 10, queue + ":1")).containsExactly(ids.get(1));
    }

    @Test
    void theQueuesLeaseHoldsForATakeThatNamesNone() {
        String queue = a.newQueue();
        change(queue, "{\"lease_seconds\":120}");
        put(2, Put.offline(queue));

        long now = System.currentTimeMillis();
        long lease = a.takeOne(queue + ":1").path("lease_expires_at").asLong() - now;
        long own = a.takeOne(queue + ":1", ",\"process_timeout\":30")
                        .path("lease_expires_at")
                        .asLong()
                - now;

        assertThat(lease).isBetween(110_000L, 135_000L);
        assertThat(own).isBetween(20_000L, 45_000L);
    }
}
