package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.StreamEntryID;

/** Queues: contract 3.1, 3.5 to 3.7, 5 and 17. */
class RegisterIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static String name() {
        return "r-" + UUID.randomUUID();
    }

    @Test
    void registerAnswersWithTheNameAsAJsonString() {
        String queue = name();

        Answer answer = a.register(queue);

        assertThat(answer.expect(200).text()).isEqualTo("\"" + queue + "\"");
    }

    @Test
    void registeringOnceMoreWithTheSameEndpointIsFine() {
        String queue = name();
        a.register(queue).expect(200);

        assertThat(a.register(queue).expect(200).text()).isEqualTo("\"" + queue + "\"");
        assertThat(b.register(queue).expect(200).text()).isEqualTo("\"" + queue + "\"");
    }

    @Test
    void registeringForAnotherEndpointIsAConflict() {
        String queue = name();
        a.register(queue).expect(200);

        Answer answer = b.post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/y\"}");

        assertError(answer, 409).naming(queue);
        assertThat(metadata(a, queue)).isEqualTo("{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/x\"}");
    }

    @Test
    void manyThatRegisterTheSameAtOnceAllSucceed() {
        String queue = name();
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add((i % 2 == 0 ? a : b)
                    .postLater("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/x\"}"));
        }

        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().status()).isEqualTo(200));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a:0", "a/b", "ä", "a.b", "a\\u0000b", "a\\nb", "-", "_", "a\\\"b"})
    void aNameWithOtherThanLettersDigitsDashesAndUnderscoresIsRefused(String queue) {
        assertError(a.register(queue), 400);
    }

    @Test
    void aNameMayHave64CharactersAndNoMore() {
        String longest = (name() + "-".repeat(64)).substring(0, 64);

        a.register(longest).expect(200);
        assertError(a.register(longest + "x"), 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"queue\":\"q\"}",
                "{\"queue\":\"q\",\"endpoint\":null}",
                "{\"queue\":\"q\",\"endpoint\":\" \"}"
            })
    void aQueueNeedsAnEndpoint(String json) {
        assertError(a.post("/v1/queue/register", json), 400).naming("endpoint");
    }

    @Test
    void anEndpointMayHave256CharactersAndNoMore() {
        String longest = "/" + "e".repeat(255);

        a.post("/v1/queue/register", "{\"queue\":\"" + name() + "\",\"endpoint\":\"" + longest + "\"}")
                .expect(200);
        assertError(
                a.post("/v1/queue/register", "{\"queue\":\"" + name() + "\",\"endpoint\":\"" + longest + "e\"}"), 400);
    }

    @Test
    void metadataIsTheQueueAndItsEndpoint() {
        String queue = a.newQueue();

        assertThat(metadata(a, queue)).isEqualTo("{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/x\"}");
    }

    private static String metadata(Server server, String queue) {
        return server.get("/v1/queue/" + queue + "/metadata").expect(200).text();
    }

    @Test
    void aQueueIsThereOnTheOtherServerAtOnceEvenIfThatHasLookedBefore() {
        String queue = name();
        assertError(b.get("/v1/queue/" + queue + "/metadata"), 404);
        assertError(b.put(Put.offline(queue)), 404);

        a.register(queue).expect(200);

        b.get("/v1/queue/" + queue + "/metadata").expect(200);
        b.put(Put.offline(queue)).expect(200);
    }

    @Test
    void anUnknownQueueIs404() {
        assertError(a.get("/v1/queue/nobody-knows-this/metadata"), 404).naming("nobody-knows-this");
        assertError(a.get("/v1/queue/nobody-knows-this:1/stats"), 404);
        assertError(a.put(Put.online("nobody-knows-this")), 404).naming("nobody-knows-this");
    }

    @Test
    void everyLevelIsThereAsSoonAsTheQueueIs() {
        String queue = a.newQueue();

        for (int level = 0; level <= 9; level++) {
            a.get("/v1/queue/" + queue + ":" + level + "/stats").expect(200);
        }
    }

    @Test
    void statsHaveTheFieldsAndCountersOfBella() {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue));
        a.putTask(Put.offline(queue));
        String taken = Server.id(a.takeOne(queue + ":1"));
        a.complete(taken, "{\"body\":1}").expect(200);

        JsonNode stats = a.get("/v1/queue/" + queue + ":1/stats").expect(200).json();

        assertThat(stats.path("queue").asText()).isEqualTo(queue);
        assertThat(stats.path("level").asInt(-1)).isEqualTo(1);
        assertThat(stats.path("total_put_cnt").asLong(-1)).isEqualTo(2);
        assertThat(stats.path("total_loaded_cnt").asLong(-1)).isEqualTo(1);
        assertThat(stats.path("total_completed_cnt").asLong(-1)).isEqualTo(1);
        for (String number : List.of("id", "last_wrote_id", "last_scanned_id", "cuid", "muid")) {
            assertThat(stats.path(number).isIntegralNumber()).as(number).isTrue();
        }
        for (String text : List.of("last_wrote_sharding_key", "last_scanned_sharding_key", "cu_name", "mu_name")) {
            assertThat(stats.path(text).isTextual()).as(text).isTrue();
        }
        for (String time : List.of("ctime", "mtime")) {
            assertThat(stats.path(time).asText()).as(time).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d");
        }
    }

    @Test
    void statsTakeTheColonEncodedToo() {
        String queue = a.newQueue();

        assertThat(a.get("/v1/queue/" + queue + "%3A2/stats")
                        .expect(200)
                        .json()
                        .path("level")
                        .asInt())
                .isEqualTo(2);
    }

    @Test
    void theEventBusIsAnAddressAndATopic() {
        JsonNode bus = a.get("/v1/queue/eventbus").expect(200).json();

        URI url = URI.create(bus.required("url").asText());
        assertThat(url.getScheme()).isEqualTo("redis");
        assertThat(url.getPort()).isPositive();
        assertThat(url.getPath()).isEqualTo("/0");
        assertThat(bus.required("topic").asText()).isNotBlank();
        assertThat(b.get("/v1/queue/eventbus").expect(200).json()).isEqualTo(bus);
    }

    @Test
    void theEventBusLetsNobodyIntoTheRestOfRedis() {
        try (BusWorker worker = new BusWorker(a)) {
            assertThat(worker.redis().ping()).isEqualTo("PONG");
            List<ThrowableAssert.ThrowingCallable> tries = List.of(
                    () -> worker.redis().get("x"),
                    () -> worker.redis().set("x", "y"),
                    () -> worker.redis().keys("*"),
                    () -> worker.redis().del(worker.topic() + "x"),
                    () -> worker.redis().xlen(worker.topic() + "x"),
                    () -> worker.redis().flushAll(),
                    () -> worker.redis().eval("return 1"),
                    () -> worker.redis().xadd("other", StreamEntryID.NEW_ENTRY, Map.of("a", "b")));
            assertThat(tries).allSatisfy(attempt -> Assertions.assertThatThrownBy(attempt)
                    .hasMessageContaining("NOPERM"));
        }
    }
}
