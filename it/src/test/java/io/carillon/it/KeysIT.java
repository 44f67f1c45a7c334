package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may do what. */
class KeysIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private JsonNode create(String json) {
        return a.post("/v1/keys", json).expect(201).json();
    }

    @Test
    void aKeyIsShownOnceAndNeverAgain() {
        JsonNode created = create("{\"name\":\"once\",\"roles\":[\"producer\"]}");
        String key = created.path("key").asText();
        String id = created.path("id").asText();

        assertThat(key).isNotBlank();
        assertThat(id).startsWith("ck_");
        JsonNode shown = b.get("/v1/keys/" + id).expect(200).json();
        assertThat(shown.path("name").asText()).isEqualTo("once");
        assertThat(shown.path("roles")).hasToString("[\"producer\"]");
        assertThat(shown.has("key")).isFalse();
        assertThat(b.get("/v1/keys?limit=1000").expect(200).text()).contains(id).doesNotContain(key);
        b.as(key).put(Put.offline(a.newQueue())).expect(200);
    }

    @Test
    void aProducerCannotTakeOrComplete() {
        String queue = a.newQueue();
        Server producer = a.withNewKey("producer");
        String id = producer.putTask(Put.offline(queue));

        assertError(producer.take("{\"queues\":[\"" + queue + ":1\"],\"size\":1}"), 403);
        assertError(producer.complete(id, "{}"), 403);
        assertError(producer.progress(id, "{\"event_data\":1}"), 403);
        assertThat(a.status(id)).isEqualTo("waiting");
    }

    @Test
    void aWorkerCannotPutOrCancel() {
        String queue = a.newQueue();
        Server worker = a.withNewKey("worker");
        String id = a.putTask(Put.offline(queue));

        assertError(worker.put(Put.offline(queue)), 403);
        assertError(worker.cancel(id), 403);
        assertThat(worker.take("fifo", 5, queue + ":1")).containsExactly(id);
        worker.complete(id, "{}").expect(200);
        worker.get("/v1/queue/eventbus").expect(200);
    }

    @Test
    void onlyAnAdminMayDealWithKeysAndChannels() {
        for (String role : List.of("producer", "worker")) {
            Server server = a.withNewKey(role);
            assertError(server.get("/v1/keys"), 403);
            assertError(server.post("/v1/keys", "{\"name\":\"x\",\"roles\":[\"admin\"]}"), 403);
            assertError(server.put("/v1/channels/m-" + role, "{\"queue\":\"q\"}"), 403);
        }
    }

    @Test
    void aKeyOfSomeQueuesIsOfNoUseForOthers() {
        String allowed = a.newQueue();
        String other = a.newQueue();
        Server worker = a.withNewKey("worker", allowed);
        Server producer = a.withNewKey("producer", allowed);
        String id = producer.putTask(Put.offline(allowed));
        String ofOther = a.putTask(Put.offline(other));

        assertError(producer.put(Put.offline(other)), 403);
        assertError(worker.take("{\"queues\":" + Server.quoted(allowed + ":1", other + ":1") + ",\"size\":5}"), 403);
        assertError(worker.complete(ofOther, "{}"), 403);
        assertThat(worker.take("fifo", 5, allowed + ":1")).containsExactly(id);
        assertThat(a.status(ofOther)).isEqualTo("waiting");
    }

    @Test
    void anAllowedQueueMayBeTheBeginningOfNames() {
        String queue = a.newQueue();
        Server worker = a.withNewKey("worker", queue.substring(0, 12) + "*");
        String id = a.putTask(Put.offline(queue));

        assertThat(worker.take("fifo", 5, queue + ":1")).containsExactly(id);
        assertError(worker.take("{\"queues\":[\"zzz:1\"],\"size\":5}"), 403);
    }

    @Test
    void aRevokedKeyIsRefusedOnBothServersWithinFiveSeconds() {
        JsonNode created = create("{\"name\":\"short\",\"roles\":[\"producer\"]}");
        String path = "/v1/queue/" + a.newQueue() + "/metadata";
        Server onA = a.as(created.path("key").asText());
        Server onB = b.as(created.path("key").asText());
        onA.get(path).expect(200);
        onB.get(path).expect(200);

        a.delete("/v1/keys/" + created.path("id").asText()).expect(200);

        Duration five = Duration.ofSeconds(5);
        Eventually.get(five, () -> onA.get(path), answer -> answer.status() == 401);
        assertError(Eventually.get(five, () -> onB.get(path), answer -> answer.status() == 401), 401);
        assertThat(a.get("/v1/keys/" + created.path("id").asText())
                        .json()
                        .path("revoked_at")
                        .asText())
                .isNotBlank();
    }

    @Test
    void anExpiredKeyIsRefused() {
        JsonNode created = create("{\"name\":\"short\",\"roles\":[\"producer\"],\"expires_in\":2}");
        Server server = a.as(created.path("key").asText());
        String path = "/v1/queue/" + a.newQueue() + "/metadata";
        server.get(path).expect(200);

        Eventually.get(Duration.ofSeconds(8), () -> server.get(path), answer -> answer.status() == 401);
    }

    @Test
    void anothersTaskIs404() {
        String queue = a.newQueue();
        String id = a.withNewKey("producer").putTask(Put.offline(queue));
        String online = a.withNewKey("producer").putTask(Put.online(queue));
        Server other = a.withNewKey("producer");

        for (String task : List.of(id, online)) {
            assertError(other.task(task), 404);
            assertError(other.cancel(task), 404);
            assertError(other.get("/v1/queue/" + task + "/events"), 404);
            assertThat(a.status(task)).isEqualTo("waiting");
        }
        assertThat(other.get("/v1/tasks").expect(200).json().path("data")).isEmpty();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"sk-carillon-0000000000000000000000000000000000000000000", "x", "ck_1"})
    void withoutAGoodKeyItIs401WithABody(String key) {
        Answer answer = a.as(key).get("/v1/queue/eventbus");

        assertError(answer, 401);
        assertThat(answer.header("WWW-Authenticate").orElse("")).startsWith("Bearer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "bearer KEY", "Bearer  KEY", "Basic KEY", "KEY"})
    void theKeyComesAfterBearerAndOneSpace(String header) {
        Answer answer = a.send(a.as(null)
                .request("/v1/queue/eventbus")
                .header("Authorization", header.replace("KEY", a.key()))
                .GET()
                .build());

        assertError(answer, 401);
    }

    @Test
    void everyPathOfTheApiWantsAKey() {
        Server nobody = a.as(null);
        List<Answer> answers = new ArrayList<>();
        for (String path : List.of(
                "/v1/queue/eventbus",
                "/v1/queue/x/metadata",
                "/v1/queue/x:1/stats",
                "/v1/queue/TASK-1-1-C-261122093258-0001-999999",
                "/v1/queue/TASK-1-1-C-261122093258-0001-999999/events",
                "/v1/tasks",
                "/v1/queues",
                "/v1/channels",
                "/v1/keys",
                "/v1/console/queue/stats")) {
            answers.add(nobody.get(path));
        }
        for (String path : List.of(
                "/v1/queue/register",
                "/v1/queue/put",
                "/v1/queue/take",
                "/v1/queue/TASK-1-1-C-261122093258-0001-999999/complete",
                "/v1/queue/TASK-1-1-C-261122093258-0001-999999/progress",
                "/v1/queue/TASK-1-1-C-261122093258-0001-999999/cancel",
                "/v1/console/x:1/clear",
                "/v1/keys",
                "/console/metadata/channel")) {
            answers.add(nobody.post(path, "{}"));
        }

        assertThat(answers).allSatisfy(answer -> assertError(answer, 401));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"name\":\"x\"}",
                "{\"name\":\"x\",\"roles\":[]}",
                "{\"name\":\"x\",\"roles\":[\"king\"]}",
                "{\"name\":\"x\",\"roles\":[\"worker\"],\"queues\":[\"a b\"]}",
                "{\"name\":\"x\",\"roles\":[\"worker\"],\"expires_at\":\"soon\"}",
                "{\"name\":\"x\",\"roles\":[\"worker\"],\"expires_in\":1,\"expires_at\":\"2030-01-01T00:00:00Z\"}",
                "{\"name\":\"x\",\"roles\":[\"worker\"],\"quota\":{\"live_batches\":1}}"
            })
    void aKeyThatMakesNoSenseIsRefused(String json) {
        assertError(a.post("/v1/keys", json), 400);
    }

    @Test
    void anUnknownKeyIdIs404() {
        assertError(a.get("/v1/keys/ck_unknown"), 404);
        assertError(a.delete("/v1/keys/ck_unknown"), 404);
    }
}
