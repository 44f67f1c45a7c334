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
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Puts that are sent again with the same Idempotency-Key. */
class IdempotencyIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();
    private final String key = "key " + UUID.randomUUID();

    private Answer put(Server server, String idempotencyKey, Put put) {
        return server.send(request(server, idempotencyKey, put));
    }

    private static HttpRequest request(Server server, String idempotencyKey, Put put) {
        return server.request("/v1/queue/put")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", idempotencyKey)
                .POST(BodyPublishers.ofString(put.json()))
                .build();
    }

    private static String id(Answer answer) {
        return answer.expect(200).json().required("data").textValue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theSameRequestPutsOneTaskOnBothServers(int level) {
        String queue = a.newQueue();
        Put put = Put.online(queue).level(level);

        String id = id(put(a, key, put));

        assertThat(id(put(a, key, put))).isEqualTo(id);
        assertThat(id(put(b, key, put))).isEqualTo(id);
        assertThat(a.take("fifo", 5, queue + ":" + level)).containsExactly(id);
        a.complete(id, "{\"body\":1}").expect(200);
        assertThat(id(put(b, key, put))).isEqualTo(id);
        assertThat(a.take("fifo", 5, queue + ":" + level)).isEmpty();
    }

    @Test
    void requestsAtTheSameMomentPutOneTask() {
        String queue = a.newQueue();
        Put put = Put.offline(queue);
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Server server = i % 2 == 0 ? a : b;
            answers.add(server.sendLater(request(server, key, put)));
        }

        assertThat(answers.stream().map(answer -> id(answer.join())).distinct()).hasSize(1);
        assertThat(a.take("fifo", 50, queue + ":1")).hasSize(1);
    }

    @Test
    void anotherBodyIsAConflictAndAnotherApiKeyIsNot() {
        String queue = a.newQueue();
        String id = id(put(a, key, Put.offline(queue)));

        assertError(put(b, key, Put.offline(queue).data("{\"other\":1}")), 409).naming("Idempotency-Key");
        assertThat(id(put(a.withNewKey("producer"), key, Put.offline(queue)))).isNotEqualTo(id);
        assertThat(id(put(a, key + "2", Put.offline(queue)))).isNotEqualTo(id);
    }

    @Test
    void aRefusedPutLeavesTheKeyFree() {
        String queue = "q-" + UUID.randomUUID();
        assertError(put(a, key, Put.offline(queue)), 404);
        a.register(queue).expect(200);

        String id = id(put(a, key, Put.offline(queue)));

        assertThat(a.status(id)).isEqualTo("waiting");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", " "})
    void aKeyThatIsTooLongOrBlankIsRefused(String part) {
        assertError(put(a, part.isBlank() ? part : part.repeat(4), Put.offline(a.newQueue())), 400);
    }

    @Test
    void aRepeatedBlockingPutGetsTheSameTasksAnswer() {
        String queue = a.newQueue();
        Put put = Put.blocking(queue);
        CompletableFuture<Answer> first = a.sendLater(request(a, key, put));
        JsonNode task = a.takeOne(queue + ":0");
        CompletableFuture<Answer> onTheSame = a.sendLater(request(a, key, put));
        CompletableFuture<Answer> onTheOther = b.sendLater(request(b, key, put));

        a.complete(Server.id(task), "{\"status_code\":201,\"body\":{\"answer\":42}}")
                .expect(200);

        for (CompletableFuture<Answer> answer : List.of(first, onTheSame, onTheOther)) {
            assertThat(answer.join().expect(201).text()).isEqualTo("{\"answer\":42}");
        }
        assertThat(put(b, key, put).expect(201).text()).isEqualTo("{\"answer\":42}");
        assertThat(a.take("fifo", 5, queue + ":0")).isEmpty();
    }

    @Test
    void aBlockingPutThatTimedOutRunsAnewWhenItIsRepeated() {
        String queue = a.newQueue();
        Put put = Put.blocking(queue).timeout(1);
        assertError(put(a, key, put), 408);

        CompletableFuture<Answer> again = a.sendLater(request(a, key, put));
        JsonNode task = a.takeOne(queue + ":0");
        a.complete(Server.id(task), "{\"status_code\":200,\"body\":{\"answer\":1}}")
                .expect(200);

        assertThat(again.join().expect(200).text()).isEqualTo("{\"answer\":1}");
    }

    @Test
    void aRepeatedStreamingPutGetsTheEnd() {
        String queue = a.newQueue();
        Put put = Put.streaming(queue);
        CompletableFuture<Answer> first = a.sendLater(request(a, key, put));
        JsonNode task = a.takeOne(queue + ":0");
        CompletableFuture<Answer> second = b.sendLater(request(b, key, put));

        a.complete(Server.id(task), "{\"status_code\":200,\"body\":{\"answer\":42}}")
                .expect(200);

        assertThat(first.join().expect(200).text()).isEqualTo("event:message\ndata:{\"answer\":42}\n\n");
        assertThat(second.join().expect(200).text()).isEqualTo("event:message\ndata:{\"answer\":42}\n\n");
    }

    @Test
    void aQueueThatDrainsStillTellsOfTheTasksThatItAccepted() {
        String queue = a.newQueue();
        List<Put> puts = List.of(Put.offline(queue), Put.online(queue).data("{\"n\":2}"));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < puts.size(); i++) {
            ids.add(id(put(a, key + i, puts.get(i))));
        }
        Put blocking = Put.blocking(queue);
        CompletableFuture<Answer> first = a.sendLater(request(a, key + "b", blocking));
        Eventually.get(() -> a.get("/v1/tasks?queue=" + queue).text(), tasks -> tasks.contains("\"blocking\""));
        a.post("/v1/queues/" + queue + "/drain").expect(200);
        Eventually.get(() -> b.put(Put.offline(queue)).status(), Integer.valueOf(503)::equals);

        for (int i = 0; i < puts.size(); i++) {
            assertThat(id(put(a, key + i, puts.get(i)))).isEqualTo(ids.get(i));
            assertThat(id(put(b, key + i, puts.get(i)))).isEqualTo(ids.get(i));
        }
        CompletableFuture<Answer> second = b.sendLater(request(b, key + "b", blocking));
        for (Put put : List.of(Put.offline(queue), blocking, Put.streaming(queue))) {
            assertError(put(b, key + "new", put), 503).withCode("draining");
        }
        List<String> online = a.take("fifo", 5, queue + ":0");
        assertThat(online).hasSize(2);
        a.complete(online.get(1), "{\"status_code\":200,\"body\":{\"answer\":1}}")
                .expect(200);
        assertThat(first.join().expect(200).text()).isEqualTo("{\"answer\":1}");
        assertThat(second.join().expect(200).text()).isEqualTo("{\"answer\":1}");

        a.post("/v1/queues/" + queue + "/resume").expect(200);
        assertThat(id(put(a, key + "new", Put.offline(queue)))).isNotIn(ids);
    }

    @Test
    void theTaskOfARepeatedPutCallsBackOnce() {
        Inbox inbox = Whole.receiver().inbox();
        Put put = Put.offline(a.newQueue()).callback(inbox.url());
        String id = id(put(a, key, put));
        id(put(b, key, put));
        a.complete(id, "{\"body\":1}").expect(200);
        inbox.await(1);

        id(put(b, key, put));

        assertThat(a.get("/v1/queue/" + id + "/callbacks").expect(200).json().path("data"))
                .hasSize(1);
        assertThat(inbox.received()).hasSize(1);
    }
}
