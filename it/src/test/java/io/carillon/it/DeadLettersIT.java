package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that were given up, and what happened to tasks. */
class DeadLettersIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    /** Puts a task and lets its only attempt fail. */
    private String dead(Server producer, String queue, Put put, String why) {
        return dead(producer, queue, 1, put, why);
    }

    private String dead(Server producer, String queue, int level, Put put, String why) {
        String id = producer.putTask(put.level(level).field("max_attempts", "1"));
        a.takeOne(queue + ":" + level, ",\"worker_id\":\"w\"");
        a.post("/v1/queue/" + id + "/retry", "{\"reason\":\"" + why + "\"}").expect(200);
        Eventually.get(() -> producer.status(id), "failed"::equals);
        awaitLetter(id);
        return id;
    }

    /** An online task is a dead letter a little after its end. */
    private void awaitLetter(String id) {
        Eventually.get(() -> b.get("/v1/dead-letters/" + id).status(), Integer.valueOf(200)::equals);
    }

    private static List<String> ids(JsonNode page) {
        List<String> ids = new ArrayList<>();
        page.path("data").forEach(letter -> ids.add(letter.path("task_id").asText()));
        return ids;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aReplayedTaskRunsAgainAndCallsBackAgain(int level) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String id =
                dead(a, queue, level, Put.offline(queue).callback(inbox.url()).data("{\"n\":1}"), "no memory");
        assertThat(inbox.await(1).text()).contains("no memory");

        JsonNode letter = b.get("/v1/dead-letters/" + id).expect(200).json();
        assertThat(letter.path("error").asText()).isEqualTo("no memory");
        assertThat(letter.path("data")).hasToString("{\"n\":1}");
        assertThat(letter.path("attempts")).hasSize(1);
        assertThat(letter.path("attempts").get(0).path("outcome").asText()).isEqualTo("failed");
        assertThat(letter.path("attempts").get(0).path("worker_id").asText()).isEqualTo("w");

        JsonNode waiting =
                b.post("/v1/dead-letters/" + id + "/replay").expect(200).json();
        assertThat(waiting.path("state").asText()).isEqualTo("waiting");
        assertError(a.post("/v1/dead-letters/" + id + "/replay"), 404);
        JsonNode taken = a.takeOne(queue + ":" + level);
        assertThat(Server.id(taken)).isEqualTo(id);
        assertThat(taken.path("attempt").asInt()).isEqualTo(3);
        a.complete(id, "{\"body\":\"at last\"}").expect(200);

        assertThat(inbox.await(2).text()).contains("at last");
        assertThat(b.status(id)).isEqualTo("succeeded");
        assertError(a.get("/v1/dead-letters/" + id), 404);
    }

    @Test
    void aReplayedBlockingTaskIsOneThatNobodyWaitsFor() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue).field("max_attempts", "1"));
        String id = Server.id(a.takeOne(queue + ":0"));
        a.post("/v1/queue/" + id + "/retry", "{\"reason\":\"broken\"}").expect(200);
        assertThat(caller.join().status()).isEqualTo(500);
        awaitLetter(id);

        JsonNode waiting =
                b.post("/v1/dead-letters/" + id + "/replay").expect(200).json();

        assertThat(waiting.path("task_id").asText()).isEqualTo(id);
        assertThat(waiting.path("response_mode").asText()).isEqualTo("callback");
        JsonNode taken = a.takeOne(queue + ":0");
        assertThat(taken.path("response_mode").asText()).isEqualTo("callback");
        assertThat(taken.has("instance_id")).isFalse();
        a.complete(id, "{\"body\":\"too late for the caller\"}").expect(200);
        assertThat(b.task(id).expect(200).text()).contains("too late for the caller");
        assertError(a.get("/v1/dead-letters/" + id), 404);
    }

    @Test
    void producersHaveTheirOwnDeadLettersAndAdminsAll() {
        String queue = a.newQueue();
        Server mine = a.withNewKey("producer");
        Server other = a.withNewKey("producer");
        String first = dead(mine, queue, Put.offline(queue), "one");
        String second = dead(other, queue, Put.offline(queue), "two");

        assertThat(ids(mine.get("/v1/dead-letters").expect(200).json())).containsExactly(first);
        assertThat(ids(a.get("/v1/dead-letters?queue=" + queue).expect(200).json()))
                .containsExactly(second, first);
        assertError(mine.get("/v1/dead-letters/" + second), 404);
        assertError(mine.post("/v1/dead-letters/" + second + "/replay"), 404);
        assertError(mine.delete("/v1/dead-letters/" + second), 404);
        assertError(mine.get("/v1/dead-letters?owner=ck_other"), 403);
        assertError(a.withNewKey("worker").get("/v1/dead-letters"), 403);
        JsonNode nothing = mine.post("/v1/dead-letters/discard", "{\"ids\":[\"" + second + "\",\"x\"]}")
                .expect(200)
                .json();
        assertThat(nothing).hasToString("{\"discarded\":0,\"has_more\":false,\"unknown\":[\"x\",\"" + second + "\"]}");
        assertThat(a.status(second)).isEqualTo("failed");
    }

    @Test
    void manyAreReplayedAndDiscardedByFilterAndById() {
        String queue = a.newQueue();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(dead(a, queue, Put.offline(queue), "no " + (i < 3 ? "memory" : "disk")));
        }

        JsonNode page = a.get("/v1/dead-letters?limit=2&queue=" + queue).json();
        assertThat(page.path("has_more").asBoolean()).isTrue();
        assertThat(ids(a.get("/v1/dead-letters?queue=" + queue + "&after="
                                + page.path("last_id").asText())
                        .json()))
                .containsExactly(ids.get(2), ids.get(1), ids.get(0));

        String filter = "{\"filter\":{\"queue\":\"" + queue + "\",\"text\":\"memory\"},\"limit\":2}";
        assertThat(a.post("/v1/dead-letters/replay", filter).expect(200).json())
                .hasToString("{\"replayed\":2,\"has_more\":true}");
        assertThat(a.post("/v1/dead-letters/replay", filter).expect(200).json())
                .hasToString("{\"replayed\":1,\"has_more\":false}");
        assertThat(b.take("fifo", 10, queue + ":1")).isEqualTo(ids.subList(0, 3));

        assertThat(a.post("/v1/dead-letters/discard", "{\"ids\":[\"" + ids.get(3) + "\"]}")
                        .expect(200)
                        .json()
                        .path("discarded")
                        .asInt())
                .isEqualTo(1);
        assertError(a.task(ids.get(3)), 404);
        a.delete("/v1/dead-letters/" + ids.get(4)).expect(204);
        assertError(a.task(ids.get(4)), 404);
        assertThat(ids(a.get("/v1/dead-letters?queue=" + queue).json())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"ids\":[],\"filter\":{}}",
                "{\"filter\":{\"qeue\":\"x\"}}",
                "{\"filter\":{\"from\":\"yesterday\"}}",
                "{\"filter\":{},\"limit\":0}",
                "{\"ids\":{}}",
                "[]"
            })
    void whatDoesNotSayWhichIsRefused(String body) {
        assertError(a.post("/v1/dead-letters/replay", body), 400);
        assertError(a.post("/v1/dead-letters/discard", body), 400);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theLogTellsWhatHappenedToATask(int level) {
        String queue = a.newQueue();
        String name = queue + ":" + level;
        Server producer = a.withNewKey("producer");
        String id = producer.putTask(Put.online(queue).level(level));
        a.takeOne(name, ",\"worker_id\":\"w1\"");
        a.post("/v1/queue/" + id + "/retry", "{\"reason\":\"broken\",\"delay_ms\":0}")
                .expect(200);
        b.takeOne(name, ",\"worker_id\":\"w2\"");
        b.complete(id, "{\"body\":1}").expect(200);

        Eventually.get(
                () -> {
                    List<String> seen = new ArrayList<>();
                    producer.get("/v1/queue/" + id + "/log")
                            .expect(200)
                            .json()
                            .path("data")
                            .forEach(entry -> seen.add(entry.path("state").asText() + " "
                                    + entry.path("attempt").asInt() + " "
                                    + entry.path("worker_id").asText() + " "
                                    + entry.path("error").asText()));
                    return seen;
                },
                List.of("waiting 0  ", "running 1 w1 ", "scheduled 1 w1 broken", "running 2 w2 ", "succeeded 2 w2 ")
                        ::equals);
        assertError(a.withNewKey("producer").get("/v1/queue/" + id + "/log"), 404);
    }
}
