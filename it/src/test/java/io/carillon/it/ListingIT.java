package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of tasks and queues. */
class ListingIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static List<String> ids(JsonNode page) {
        List<String> ids = new ArrayList<>();
        page.required("data").forEach(task -> ids.add(Server.id(task)));
        return ids;
    }

    private static JsonNode list(Server server, String query) {
        JsonNode page = server.get("/v1/tasks?" + query).expect(200).json();
        assertThat(page.path("object").asText()).isEqualTo("list");
        return page;
    }

    @Test
    void aProducerSeesItsOwnTasksNewestFirstWhateverTheirLevel() {
        Server mine = a.withNewKey("producer");
        Server other = a.withNewKey("producer");
        String queue = a.newQueue();
        String online = mine.putTask(Put.online(queue));
        other.putTask(Put.offline(queue));
        String offline = mine.putTask(Put.offline(queue));

        assertThat(ids(list(mine, ""))).containsExactly(offline, online);
        assertThat(ids(list(b.as(mine.key()), "queue=" + queue))).containsExactly(offline, online);
        assertThat(ids(list(a, "queue=" + queue))).hasSize(3);
    }

    @Test
    void statusFiltersTasks() {
        String queue = a.newQueue();
        String succeeded = a.putTask(Put.offline(queue));
        String running = a.putTask(Put.offline(queue));
        String online = a.putTask(Put.online(queue));
        String cancelled = a.putTask(Put.online(queue));
        String waiting = a.putTask(Put.offline(queue));
        a.take("fifo", 2, queue + ":1");
        a.complete(succeeded, "{}").expect(200);
        a.cancel(cancelled).expect(202);
        a.take("fifo", 1, queue + ":0");

        // MariaDB, which is asked here, learns of a take a moment later.
        Eventually.passes(Duration.ofSeconds(5), () -> assertThat(ids(list(a, "queue=" + queue + "&status=running")))
                .containsExactlyInAnyOrder(running, online));
        assertThat(ids(list(a, "queue=" + queue + "&status=succeeded"))).containsExactly(succeeded);
        assertThat(ids(list(a, "queue=" + queue + "&status=cancelled"))).containsExactly(cancelled);
        assertThat(ids(list(a, "queue=" + queue + "&status=waiting"))).containsExactly(waiting);
        assertThat(ids(list(a, "queue=" + queue + "&status=succeeded,cancelled")))
                .containsExactlyInAnyOrder(succeeded, cancelled);
    }

    @Test
    void timeFiltersTasks() {
        String queue = a.newQueue();
        String first = a.putTask(Put.offline(queue));
        long start = a.task(first).json().path("start_time").asLong();
        String second = putLaterThan(queue, start);
        long later = a.task(second).json().path("start_time").asLong();

        assertThat(ids(list(a, "queue=" + queue + "&from=" + later))).containsExactly(second);
        assertThat(ids(list(a, "queue=" + queue + "&to=" + later))).containsExactly(first);
        assertThat(ids(list(
                        a,
                        "queue=" + queue + "&from=" + Instant.ofEpochMilli(start) + "&to="
                                + Instant.ofEpochMilli(later + 1))))
                .containsExactly(second, first);
    }

    private String putLaterThan(String queue, long millis) {
        while (System.currentTimeMillis() <= millis + 2) {
            Thread.onSpinWait();
        }
        return a.putTask(Put.offline(queue));
    }

    @Test
    void theBatchOfATraceIdFiltersTasks() {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue));
        String id = a.putTask(Put.offline(queue).field("trace_id", "\"BATCH-1-1-261122093258-0001-000001\""));

        assertThat(ids(list(a, "queue=" + queue + "&batch=BATCH-1-1-261122093258-0001-000001")))
                .containsExactly(id);
    }

    @Test
    void textInTheErrorFiltersTasks() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        a.putTask(Put.offline(queue));
        a.cancel(id).expect(202);

        String reason = a.task(id).json().path("failed_reason").asText();

        assertThat(reason).isNotBlank();
        assertThat(ids(list(a, "queue=" + queue + "&text=" + reason.substring(0, 6))))
                .containsExactly(id);
        assertThat(ids(list(a, "queue=" + queue + "&text=nothing-like-this"))).isEmpty();
    }

    @Test
    void pagesFollowEachOtherWithoutGapOrRepetition() {
        Server mine = a.withNewKey("producer");
        String one = a.newQueue();
        String two = a.newQueue();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            ids.add(mine.putTask(Put.online(i % 2 == 0 ? one : two).level(i % 3)));
        }
        Collections.reverse(ids);

        List<String> found = new ArrayList<>();
        JsonNode page = list(mine, "limit=10");
        found.addAll(ids(page));
        while (page.path("has_more").asBoolean()) {
            assertThat(page.path("last_id").asText()).isEqualTo(found.get(found.size() - 1));
            page = list(found.size() > 10 ? b.as(mine.key()) : mine, "limit=10&after=" + found.get(found.size() - 1));
            found.addAll(ids(page));
        }

        assertThat(found).isEqualTo(ids);
        assertThat(ids(list(mine, ""))).isEqualTo(ids.subList(0, 20));
    }

    @Test
    void anEmptyListIsAList() {
        assertThat(a.get("/v1/tasks?queue=" + a.newQueue()).expect(200).json())
                .hasToString("{\"object\":\"list\",\"data\":[],\"has_more\":false}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=101",
                "limit=x",
                "limit=-1",
                "limit=99999999999",
                "status=strange",
                "from=yesterday",
                "to=x",
                "after=x",
                "after=TASK-1-1-C-261122093258-0001-999999",
                "queue=a%00b"
            })
    void aWrongFilterIsRefused(String query) {
        assertError(a.get("/v1/tasks?" + query), 400);
    }

    @Test
    void queuesAreListedWithTheirCounts() {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue));
        a.putTask(Put.offline(queue));
        a.putTask(Put.online(queue));
        String done = Server.id(a.takeOne(queue + ":1"));
        a.complete(done, "{}").expect(200);
        a.cancel(a.putTask(Put.offline(queue))).expect(202);
        a.takeOne(queue + ":0");

        JsonNode one = b.get("/v1/queues/" + queue).expect(200).json();

        assertThat(one.path("queue").asText()).isEqualTo(queue);
        assertThat(one.path("endpoint").asText()).isEqualTo("/v1/x");
        JsonNode counts = one.path("counts");
        assertThat(counts.path("waiting").asInt(-1)).isEqualTo(1);
        assertThat(counts.path("running").asInt(-1)).isEqualTo(1);
        assertThat(counts.path("succeeded").asInt(-1)).isEqualTo(1);
        assertThat(counts.path("cancelled").asInt(-1)).isEqualTo(1);
        assertThat(one.path("oldest_waiting_seconds").asDouble(-1)).isBetween(0.0, 60.0);
        List<String> names = new ArrayList<>();
        a.get("/v1/queues")
                .expect(200)
                .json()
                .path("data")
                .forEach(each -> names.add(each.path("queue").asText()));
        assertThat(names).contains(queue);
        assertError(a.get("/v1/queues/nobody-knows-this"), 404);
    }

    @Test
    void theConsoleListsTheStatsOfEveryUsedLevel() {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue).level(3));

        JsonNode all = b.get("/v1/console/queue/stats").expect(200).json();

        assertThat(all.isArray()).isTrue();
        List<JsonNode> mine = new ArrayList<>();
        all.forEach(stats -> {
            if (stats.path("queue").asText().equals(queue)
                    && stats.path("level").asInt() == 3) {
                mine.add(stats);
            }
        });
        assertThat(mine).singleElement().satisfies(stats -> assertThat(
                        stats.path("total_put_cnt").asInt())
                .isEqualTo(1));
    }
}
