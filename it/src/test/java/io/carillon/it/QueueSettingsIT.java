package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of queues, which an admin changes on one server and every server obeys. */
class QueueSettingsIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static Answer change(Server server, String queue, String json) {
        return server.patch("/v1/queues/" + queue, json);
    }

    private static Answer control(Server server, String queue, String what) {
        return server.post("/v1/queues/" + queue + "/" + what);
    }

    private static JsonNode settings(Server server, String queue) {
        return server.get("/v1/queues/" + queue).expect(200).json().required("settings");
    }

    @Test
    void aNewQueueHasTheUsualSettings() {
        String queue = a.newQueue();

        assertThat(settings(b, queue))
                .hasToString("{\"paused\":false,\"draining\":false,\"sequential\":false,\"max_lost_leases\":5,"
                        + "\"max_attempts\":3,\"backoff\":{\"type\":\"exponential\",\"delay_ms\":1000,"
                        + "\"max_ms\":600000,\"jitter\":0.1},\"on_disconnect\":\"cancel\"}");
    }

    @Test
    void aChangeIsAnsweredWithAllSettingsAndStaysWhenTheQueueIsRegisteredAgain() {
        String queue = a.newQueue();
        String all =
                """
                {"paused":true,"draining":true,"sequential":true,"lease_seconds":90,"max_lost_leases":-1,"max_attempts":7,\
                "backoff":{"type":"fixed","delay_ms":250,"max_ms":5000,"jitter":0.5},"concurrency":8,\
                "rate_limit":{"limit":100,"per":"second"},"group_concurrency":2,\
                "group_rate_limit":{"limit":30,"per":"minute"},"retention_seconds":259200,"on_disconnect":"finish"}""";

        JsonNode changed = change(a, queue, all).expect(200).json();

        assertThat(changed.required("queue").textValue()).isEqualTo(queue);
        assertThat(changed.required("settings")).hasToString(all);
        assertThat(changed.required("modified_by").textValue()).startsWith("ck_");
        a.register(queue).expect(200);
        assertThat(settings(a, queue)).hasToString(all);
    }

    @Test
    void whatIsAbsentStaysAndNullGoesBackToUsual() {
        String queue = a.newQueue();
        change(a, queue, "{\"concurrency\":4,\"max_attempts\":9,\"lease_seconds\":60}")
                .expect(200);

        change(a, queue, "{\"maxAttempts\":null,\"lease_seconds\":null}").expect(200);

        JsonNode settings = settings(a, queue);
        assertThat(settings.path("concurrency").asInt()).isEqualTo(4);
        assertThat(settings.path("max_attempts").asInt()).isEqualTo(3);
        assertThat(settings.has("lease_seconds")).isFalse();
    }

    @Test
    void theOtherServerSeesAChangeWithinASecond() {
        String queue = a.newQueue();
        settings(b, queue);
        List<Long> millis = new ArrayList<>();
        for (int round = 1; round <= 5; round++) {
            Server here = round % 2 == 0 ? a : b;
            Server there = round % 2 == 0 ? b : a;
            int wanted = round;
            change(here, queue, "{\"concurrency\":" + wanted + "}").expect(200);
            long changed = System.nanoTime();
            Eventually.get(
                    () -> settings(there, queue),
                    seen -> seen.path("concurrency").asInt() == wanted);
            millis.add(Duration.ofNanos(System.nanoTime() - changed).toMillis());
        }
        // The machine that tests may be busy with others.
        assertThat(millis.stream().sorted().toList().get(2)).as("%s", millis).isLessThan(1000);
    }

    @Test
    void aChangeIsSeenOnTheOtherServerAsSoonAsItIsMade() {
        String queue = a.newQueue();

        for (int attempts = 4; attempts < 24; attempts++) {
            b.patch("/v1/queues/" + queue, "{\"max_attempts\":" + attempts + "}")
                    .expect(200);
            assertThat(settings(a, queue).path("max_attempts").asInt()).isEqualTo(attempts);
        }
    }

    @Test
    void ofChangesOnBothServersAtOnceNoneIsLost() {
        String queue = a.newQueue();
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        String[] changes = {
            "{\"concurrency\":2}",
            "{\"max_attempts\":4}",
            "{\"lease_seconds\":30}",
            "{\"group_concurrency\":1}",
            "{\"retention_seconds\":3600}",
            "{\"sequential\":true}"
        };
        for (int i = 0; i < changes.length; i++) {
            Server server = i % 2 == 0 ? a : b;
            answers.add(server.sendLater(server.request("/v1/queues/" + queue)
                    .header("Content-Type", "application/json")
                    .method("PATCH", HttpRequest.BodyPublishers.ofString(changes[i]))
                    .build()));
        }
        answers.forEach(answer -> answer.join().expect(200));

        JsonNode settings = settings(a, queue);

        assertThat(settings.path("concurrency").asInt()).isEqualTo(2);
        assertThat(settings.path("max_attempts").asInt()).isEqualTo(4);
        assertThat(settings.path("lease_seconds").asInt()).isEqualTo(30);
        assertThat(settings.path("group_concurrency").asInt()).isEqualTo(1);
        assertThat(settings.path("retention_seconds").asInt()).isEqualTo(3600);
        assertThat(settings.path("sequential").asBoolean()).isTrue();
        assertThat(settings(b, queue)).isEqualTo(settings);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            {"pasued":true}                              | pasued
            {"paused":1}                                 | paused
            {"lease_seconds":0}                          | lease_seconds
            {"lease_seconds":"soon"}                     | lease_seconds
            {"max_lost_leases":-2}                       | max_lost_leases
            {"max_attempts":0}                           | max_attempts
            {"max_attempts":1.5}                         | max_attempts
            {"backoff":{"type":"linear"}}                | backoff.type
            {"backoff":{"delay_ms":5000,"max_ms":1000}}  | backoff.max_ms
            {"backoff":{"jitter":2}}                     | backoff.jitter
            {"concurrency":0}                            | concurrency
            {"concurrency":3000000000}                   | concurrency
            {"rate_limit":{"limit":0}}                   | rate_limit.limit
            {"rate_limit":{"limit":5,"per":"hour"}}      | rate_limit.per
            {"rate_limit":{"per":"second"}}              | rate_limit.limit
            {"group_rate_limit":[5]}                     | group_rate_limit
            {"retention_seconds":1}                      | retention_seconds
            {"on_disconnect":"explode"}                  | on_disconnect
            """)
    void aBadValueIsRefusedByNameAndChangesNothing(String json, String field) {
        String queue = a.newQueue();
        JsonNode before = settings(a, queue);

        Answer answer = change(a, queue, "{\"sequential\":true," + json.substring(1));

        assertError(answer, 400).naming(field.replaceAll(".*\\.", ""));
        assertThat(answer.json().path("error").path("param").asText()).isEqualTo(field);
        assertThat(settings(a, queue)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "null"})
    void aBodyThatIsNoObjectIsRefused(String json) {
        assertError(change(a, a.newQueue(), json), 400);
    }

    @Test
    void onlyAnAdminMayControlAQueue() {
        String queue = a.newQueue();
        for (Server other : List.of(a.withNewKey("producer"), a.withNewKey("worker"))) {
            assertError(change(other, queue, "{\"paused\":true}"), 403);
            for (String what : List.of("pause", "resume", "drain", "purge")) {
                assertError(control(other, queue, what), 403);
            }
            assertThat(settings(other, queue).path("paused").asBoolean()).isFalse();
        }
        assertError(change(a.as(null), queue, "{\"paused\":true}"), 401);
        assertError(control(a.as(null), queue, "purge"), 401);
        change(a.withNewKey("admin"), queue, "{\"paused\":true}").expect(200);
    }

    @Test
    void anUnknownQueueCannotBeControlled() {
        assertError(change(a, "nobody-knows-this", "{\"paused\":true}"), 404).naming("nobody-knows-this");
        for (String what : List.of("pause", "resume", "drain", "purge")) {
            assertError(control(a, "nobody-knows-this", what), 404);
            assertError(control(a, "a%20b", what), 400);
        }
    }

    @Test
    void resumingEndsPausingAndDraining() {
        String queue = a.newQueue();

        assertThat(control(a, queue, "pause")
                        .expect(200)
                        .json()
                        .at("/settings/paused")
                        .asBoolean())
                .isTrue();
        JsonNode both = control(a, queue, "drain").expect(200).json().path("settings");
        assertThat(both.path("paused").asBoolean()).isTrue();
        assertThat(both.path("draining").asBoolean()).isTrue();
        change(a, queue, "{\"concurrency\":2}").expect(200);

        JsonNode resumed = control(a, queue, "resume").expect(200).json().path("settings");

        assertThat(resumed.path("paused").asBoolean(true)).isFalse();
        assertThat(resumed.path("draining").asBoolean(true)).isFalse();
        assertThat(resumed.path("concurrency").asInt()).isEqualTo(2);
        assertThat(control(a, queue, "resume").expect(200).json().path("settings"))
                .isEqualTo(resumed);
    }

    @Test
    void aDrainingQueueRefusesPutsOfEachKindAndStillGivesWhatIsThere() {
        String queue = a.newQueue();
        String kept = a.putTask(Put.offline(queue));
        control(a, queue, "drain").expect(200);
        Eventually.get(() -> b.put(Put.offline(queue)).status(), status -> status == 503);

        for (Server server : List.of(a, b)) {
            for (Put put : List.of(Put.offline(queue), Put.online(queue), Put.blocking(queue), Put.streaming(queue))) {
                Answer answer = server.put(put);
                assertError(answer, 503).naming(queue).withCode("draining");
                assertThat(answer.header("Retry-After")).contains("30");
            }
        }
        try (SseReader stream = SseReader.put(a, Put.streaming(queue))) {
            assertThat(stream.head().statusCode()).isEqualTo(503);
        }

        assertThat(a.take("fifo", 100, queue + ":1")).startsWith(kept);
        control(b, queue, "resume").expect(200);
        b.put(Put.offline(queue)).expect(200);
        Eventually.get(() -> a.put(Put.offline(queue)).status(), status -> status == 200);
    }

    @Test
    void aPurgeCancelsWhatWaitsAtEveryLevelAndSaysHowMany() {
        String queue = a.newQueue();
        String running = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");
        List<String> waiting = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            waiting.add(a.putTask(
                    i % 4 == 0 ? Put.online(queue) : Put.offline(queue).level(i % 4)));
        }

        JsonNode purged = control(b, queue, "purge").expect(200).json();

        assertThat(purged).hasToString("{\"queue\":\"" + queue + "\",\"cancelled\":12,\"done\":true}");
        assertThat(waiting).allSatisfy(id -> assertThat(a.status(id)).isEqualTo("cancelled"));
        assertThat(a.status(running)).isEqualTo("queued");
        a.complete(running, "{\"body\":1}").expect(200);
        String later = a.putTask(Put.offline(queue));
        assertThat(a.take("fifo", 10, queue + ":0", queue + ":1", queue + ":2", queue + ":3"))
                .containsExactly(later);
    }

    @Test
    void aPurgeMayNameLevels() {
        String queue = a.newQueue();
        String first = a.putTask(Put.offline(queue).level(1));
        String second = a.putTask(Put.offline(queue).level(2));
        String third = a.putTask(Put.offline(queue).level(3));

        JsonNode purged = control(a, queue, "purge?level=2").expect(200).json();

        assertThat(purged.path("cancelled").asInt()).isEqualTo(1);
        assertThat(a.status(second)).isEqualTo("cancelled");
        assertThat(control(a, queue, "purge?level=5,1&level=3")
                        .expect(200)
                        .json()
                        .path("cancelled")
                        .asInt())
                .isEqualTo(2);
        assertThat(List.of(a.status(first), a.status(third))).containsOnly("cancelled");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10", "-1", "one", "", "1,", "1;2"})
    void aPurgeOfNoLevelIsRefusedAndCancelsNothing(String level) {
        String queue = a.newQueue();
        String waiting = a.putTask(Put.offline(queue));

        assertError(control(a, queue, "purge?level=" + level), 400).naming("level");

        assertThat(a.status(waiting)).isEqualTo("waiting");
    }

    @Test
    void listsStatsAndMetricsShowAPausedQueue() {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue));
        control(a, queue, "pause").expect(200);

        JsonNode listed = Eventually.get(
                () -> {
                    for (JsonNode one : b.get("/v1/queues").expect(200).json().path("data")) {
                        if (one.path("queue").asText().equals(queue)) {
                            return one;
                        }
                    }
                    throw new AssertionError("Not in the list");
                },
                one -> one.at("/settings/paused").asBoolean());
        assertThat(listed.at("/settings/draining").asBoolean(true)).isFalse();
        assertThat(b.get("/v1/queue/" + queue + ":1/stats")
                        .expect(200)
                        .json()
                        .path("paused")
                        .asBoolean())
                .isTrue();
        Eventually.get(
                () -> b.get("/metrics").expect(200).text(),
                text -> text.contains("carillon_queue_paused{queue=\"" + queue + "\"} 1.0"));
    }
}
