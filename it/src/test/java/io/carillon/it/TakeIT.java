package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which tasks a take gives: contract 3.3 and 8. */
class TakeIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private List<String> put(String queue, int level, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> a.putTask(Put.online(queue).level(level)))
                .toList();
    }

    @Test
    void nothingIsAnEmptyObject() {
        String queue = a.newQueue();

        assertThat(a.take("{\"queues\":[\"" + queue + ":0\"],\"size\":1}")
                        .expect(200)
                        .text())
                .isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 9})
    void tasksOfAQueueComeInTheOrderInWhichTheyWerePut(int level) {
        String queue = a.newQueue();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            ids.add((i % 2 == 0 ? a : b).putTask(Put.online(queue).level(level)));
        }

        List<String> taken = new ArrayList<>(a.take("fifo", 3, queue + ":" + level));
        taken.addAll(b.take("round_robin", 3, queue + ":" + level));
        taken.addAll(a.take("active_passive", 10, queue + ":" + level));

        assertThat(taken).isEqualTo(ids);
    }

    @Test
    void fifoTakesTheOldestOfAllQueues() {
        String one = a.newQueue();
        String two = a.newQueue();
        String oldest = a.putTask(Put.offline(two));
        String second = a.putTask(Put.online(one));
        String third = a.putTask(Put.offline(one));
        String fourth = a.putTask(Put.online(two));
        String[] queues = {one + ":0", one + ":1", two + ":0", two + ":1"};

        assertThat(a.take("fifo", 3, queues)).containsExactlyInAnyOrder(oldest, second, third);
        assertThat(a.take("fifo", 3, queues)).containsExactly(fourth);
    }

    @Test
    void fifoOneByOneIsInTheOrderOfThePuts() {
        String one = a.newQueue();
        String two = a.newQueue();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ids.add(a.putTask(Put.online(i % 2 == 0 ? one : two).level(i % 3)));
        }
        String[] queues = {two + ":2", two + ":1", two + ":0", one + ":2", one + ":1", one + ":0"};

        List<String> taken =
                ids.stream().flatMap(id -> a.take("fifo", 1, queues).stream()).toList();

        assertThat(taken).isEqualTo(ids);
    }

    @Test
    void roundRobinTakesOneOfEachInTurn() {
        String one = a.newQueue();
        String two = a.newQueue();
        String three = a.newQueue();
        List<String> ofOne = put(one, 1, 4);
        List<String> ofTwo = put(two, 1, 1);
        List<String> ofThree = put(three, 0, 3);

        Answer answer = a.take("{\"queues\":" + Server.quoted(one + ":1", two + ":1", three + ":0")
                + ",\"size\":6,\"strategy\":\"round_robin\"}");

        assertThat(ids(answer, one + ":1")).isEqualTo(ofOne.subList(0, 3));
        assertThat(ids(answer, two + ":1")).isEqualTo(ofTwo);
        assertThat(ids(answer, three + ":0")).isEqualTo(ofThree.subList(0, 2));
    }

    private static List<String> ids(Answer answer, String queue) {
        List<String> ids = new ArrayList<>();
        answer.expect(200).json().path(queue).forEach(task -> ids.add(Server.id(task)));
        return ids;
    }

    @Test
    void activePassiveDrainsTheFirstQueueFirst() {
        String queue = a.newQueue();
        List<String> offline = put(queue, 1, 3);
        List<String> online = put(queue, 0, 3);

        assertThat(a.take("active_passive", 4, queue + ":0", queue + ":1"))
                .containsExactly(online.get(0), online.get(1), online.get(2), offline.get(0));
    }

    @Test
    void onlyQueuesThatYieldedTasksAppearInTheAnswer() {
        String queue = a.newQueue();
        put(queue, 1, 1);

        JsonNode answer = a.take("{\"queues\":" + Server.quoted(queue + ":0", queue + ":1") + ",\"size\":5}")
                .expect(200)
                .json();

        assertThat(answer.has(queue + ":1")).isTrue();
        assertThat(answer).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 1",
        "',\"size\":null', 1",
        "',\"size\":3', 3",
        "',\"size\":\"3\"', 3",
        "',\"size\":0', 0",
        "',\"size\":-1', 0",
        "',\"size\":2147483647', 5"
    })
    void sizeIsHowManyAtMost(String size, int expected) {
        String queue = a.newQueue();
        put(queue, 1, 5);

        assertThat(Server.ids(a.take("{\"queues\":[\"" + queue + ":1\"]" + size + "}")))
                .hasSize(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"strategy\":null", ",\"strategy\":\"fifo\",\"endpoint\":\"/v1/x\""})
    void withoutAStrategyItIsFifo(String strategy) {
        String one = a.newQueue();
        String two = a.newQueue();
        String older = a.putTask(Put.offline(two));
        a.putTask(Put.offline(one));

        assertThat(Server.ids(a.take(
                        "{\"queues\":" + Server.quoted(one + ":1", two + ":1") + ",\"size\":1" + strategy + "}")))
                .containsExactly(older);
    }

    @ParameterizedTest
    @CsvSource({
        "0, min_age_seconds, fifo",
        "1, min_age_seconds, round_robin",
        "1, minAgeSeconds, active_passive",
        "0, minAgeSeconds, sequential"
    })
    void onlyTasksOfTheLeastAgeAreTaken(int level, String field, String strategy) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));
        String take = "{\"queues\":[\"" + queue + ":" + level + "\"],\"size\":1,\"strategy\":\"" + strategy + "\",\""
                + field + "\":2}";

        assertThat(Server.ids(a.take(take))).isEmpty();
        JsonNode task = Eventually.get(() -> a.take(take).expect(200).json(), answer -> !answer.isEmpty())
                .get(queue + ":" + level)
                .get(0);

        assertThat(Server.id(task)).isEqualTo(id);
        assertThat(System.currentTimeMillis() - task.path("start_time").asLong())
                .isGreaterThanOrEqualTo(2000);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void sequentialGivesTheNextOnlyWhenTheOneBeforeHasEnded(int level) {
        String queue = a.newQueue();
        String name = queue + ":" + level;
        List<String> ids = put(queue, level, 3);

        assertThat(a.take("sequential", 10, name)).containsExactly(ids.get(0));
        assertThat(b.take("sequential", 10, name)).isEmpty();
        a.complete(ids.get(0), "{}").expect(200);
        assertThat(b.take("sequential", 10, name)).containsExactly(ids.get(1));
        assertThat(a.take("sequential", 10, name)).isEmpty();
        a.cancel(ids.get(1)).expect(202);
        assertThat(a.take("sequential", 10, name)).containsExactly(ids.get(2));
    }

    @Test
    void sequentialTakesOneOfEachQueueWhateverTheSize() {
        String one = a.newQueue();
        String two = a.newQueue();
        List<String> ofOne = put(one, 1, 2);
        List<String> ofTwo = put(two, 0, 2);

        assertThat(a.take("sequential", 1, one + ":1", two + ":0"))
                .containsExactlyInAnyOrder(ofOne.get(0), ofTwo.get(0));
        a.complete(ofTwo.get(0), "{}").expect(200);
        assertThat(a.take("sequential", 1, one + ":1", two + ":0")).containsExactly(ofTwo.get(1));
    }

    @Test
    void theEndOfATaskWithAWaitingCallerFreesASequentialQueueToo() {
        String queue = a.newQueue();
        try (BusWorker bus = new BusWorker(a)) {
            CompletableFuture<Answer> first = a.putLater(Put.blocking(queue));
            JsonNode task = sequential(queue);
            CompletableFuture<Answer> second = a.putLater(Put.blocking(queue).timeout(2));
            bus.complete(task, "{\"body\":1}");
            first.join().expect(200);
            sequential(queue);
            String third = a.putTask(Put.online(queue));
            assertError(second.join(), 408);

            assertThat(Server.id(sequential(queue))).isEqualTo(third);
        }
    }

    private JsonNode sequential(String queue) {
        return a.takeOne(queue + ":0", ",\"strategy\":\"sequential\"");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theEndOfTheLeaseFreesASequentialQueue(int level) {
        String queue = a.newQueue();
        List<String> ids = put(queue, level, 2);
        String more = ",\"strategy\":\"sequential\",\"process_timeout\":1,\"process_max_retries\":";

        assertThat(Server.id(a.takeOne(queue + ":" + level, more + "1"))).isEqualTo(ids.get(0));
        assertThat(Server.id(a.takeOne(queue + ":" + level, more + "1"))).isEqualTo(ids.get(0));
        assertThat(Server.id(a.takeOne(queue + ":" + level, more + "0"))).isEqualTo(ids.get(1));
    }

    @Test
    void nobodyGetsATaskThatAnotherHas() {
        String queue = a.newQueue();
        List<String> ids = put(queue, 1, 100);
        List<CompletableFuture<Answer>> takes = IntStream.range(0, 40)
                .mapToObj(i -> (i % 2 == 0 ? a : b)
                        .postLater("/v1/queue/take", "{\"queues\":[\"" + queue + ":1\"],\"size\":5}"))
                .toList();

        Set<String> taken = ConcurrentHashMap.newKeySet();
        takes.forEach(take -> Server.ids(take.join())
                .forEach(id -> assertThat(taken.add(id)).as(id).isTrue()));

        assertThat(taken).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void aTaskIsTakenOnTheOtherServerAsSoonAsItIsPut() {
        String queue = a.newQueue();
        for (int level : new int[] {0, 1}) {
            String id = a.putTask(Put.online(queue).level(level));
            assertThat(b.take("fifo", 1, queue + ":" + level)).containsExactly(id);
        }
    }

    @Test
    void knownQueuesAreTakenFromAlthoughOthersAreUnknown() {
        String queue = a.newQueue();
        List<String> ids = put(queue, 1, 1);

        assertThat(a.take("fifo", 5, "nobody-knows-this:0", queue + ":1")).isEqualTo(ids);
    }

    @Test
    void unknownQueuesAloneAre404AndNamed() {
        assertError(a.take("{\"queues\":[\"nobody-knows-this:0\"],\"size\":1}"), 404)
                .naming("nobody-knows-this");
    }

    @Test
    void theWorkerObjectOfNewerSdksIsAcceptedAndItsCapacitiesHold() {
        String one = a.newQueue();
        String two = a.newQueue();
        put(one, 1, 3);
        put(two, 1, 3);

        Answer answer = a.take("{\"queues\":" + Server.quoted(one + ":1", two + ":1")
                + ",\"size\":6,\"strategy\":\"active_passive\",\"process_timeout\":0,\"process_max_retries\":0,"
                + "\"min_age_seconds\":0,\"worker\":{\"id\":\"w1\",\"host\":\"x\",\"capacities\":{\"" + one
                + ":1\":2}}}");

        assertThat(ids(answer, one + ":1")).hasSize(2);
        assertThat(ids(answer, two + ":1")).hasSize(3);
    }

    @Test
    void whoTookATaskIsSeenByItsProducer() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));

        a.takeOne(queue + ":1", ",\"worker_id\":\"w-7\"");

        assertThat(a.task(id).expect(200).text()).contains("w-7");
    }
}
