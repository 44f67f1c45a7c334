package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's online endpoints, to the byte: contract openai-batch 1, and what workers of either kind send. */
class OpenAiOnlineIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String INVALID = "invalid_request_error";

    private final Server a = Whole.a();
    private final Server b = Whole.b();
    private String model;

    @BeforeEach
    void serveAModel() {
        model = "m-" + UUID.randomUUID();
        register(model, CHAT);
    }

    private void register(String queue, String endpoint) {
        a.post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"" + endpoint + "\"}")
                .expect(200);
    }

    private String body(String more) {
        return "{\"model\":\"" + model + "\"" + more + "}";
    }

    private JsonNode taken() {
        return b.takeOne(model + ":0");
    }

    private static void assertError(Answer answer, int status, String type, String param, String code) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
        JsonNode error = answer.json().required("error");
        assertThat(error.size()).as(answer.toString()).isEqualTo(4);
        assertThat(error.required("message").textValue()).isNotBlank();
        assertThat(error.required("type").textValue()).isEqualTo(type);
        assertThat(error.required("param").textValue()).as(answer.toString()).isEqualTo(param);
        assertThat(error.required("code").textValue()).as(answer.toString()).isEqualTo(code);
        assertHeaders(answer);
        assertThat(answer.header("x-should-retry")).isPresent();
    }

    private static void assertHeaders(Answer answer) {
        assertThat(answer.header("x-request-id").orElse("")).matches("req_[0-9a-f]{32}");
        assertThat(answer.header("openai-processing-ms").orElse("")).matches("[0-9]+");
        assertThat(answer.header("openai-version")).contains("2020-10-01");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1",
                "GET /v1/",
                "GET /v1/nothing",
                "POST /v1/nothing",
                "DELETE /v1/chat/completions/x",
                "POST /v1/chat",
                "PUT /v1/not-configured"
            })
    void anUnknownPathIs404(String request) {
        String[] parts = request.split(" ");
        Answer answer = a.as(null)
                .send(a.as(null)
                        .request(parts[1])
                        .method(parts[0], BodyPublishers.noBody())
                        .build());

        assertError(answer, 404, INVALID, null, "unknown_url");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/chat/completions",
        "DELETE, /v1/embeddings",
        "PUT, /v1/responses",
        "POST, /v1/models",
        "DELETE, /v1/models/x",
        "GET, /v1/rerank"
    })
    void anotherMethodIs405(String method, String path) {
        Answer answer =
                a.send(a.request(path).method(method, BodyPublishers.noBody()).build());

        assertError(answer, 405, INVALID, null, "method_not_supported");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, 401, -, provided",
                "Basic abc, 401, -, provided",
                "Bearer, 401, -, provided",
                "Bearer sk-abcdefghijklmnyz, 401, invalid_api_key, sk-ab***yz"
            })
    void withoutAGoodKeyTheBodyIsNotLookedAt(String authorization, int status, String code, String named) {
        HttpRequest.Builder request = a.as(null).request(CHAT).POST(BodyPublishers.ofString("no json"));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        Answer answer = a.send(request.build());

        assertError(answer, status, INVALID, null, code);
        assertThat(answer.text()).contains(named).doesNotContain("sk-abcdefghijklmnyz");
    }

    @Test
    void theClientsOwnRequestIdIsTheTasksTraceId() {
        CompletableFuture<Answer> answer = a.sendLater(a.request(CHAT)
                .header("Content-Type", "application/json")
                .header("X-Client-Request-Id", "client-" + model)
                .POST(BodyPublishers.ofString(body("")))
                .build());

        JsonNode task = taken();
        b.complete(Server.id(task), "{\"status_code\":200,\"body\":{}}").expect(200);

        assertThat(task.required("trace_id").textValue()).isEqualTo("client-" + model);
        answer.join().expect(200);
    }

    @Test
    void aWorkersKeyMayNotAsk() {
        Answer answer = a.withNewKey("worker").post(CHAT, body(""));

        assertError(answer, 403, INVALID, null, "insufficient_permissions");
        assertThat(answer.header("openai-organization").orElse("")).startsWith("ck_");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "- | 400 | - | -",
                "{ | 400 | - | -",
                "[] | 400 | - | invalid_type",
                "{} | 400 | model | missing_required_parameter",
                "{\"model\":null} | 400 | model | missing_required_parameter",
                "{\"model\":5} | 400 | model | invalid_type",
                "{\"model\":\"\"} | 400 | model | string_below_min_length",
                "{\"model\":\"m\",\"stream\":\"yes\"} | 400 | stream | invalid_type",
                "{\"model\":\"no such model\"} | 404 | model | model_not_found"
            })
    void aBadBodyIsRefusedByItsField(String json, int status, String param, String code) {
        assertError(a.post(CHAT, json == null ? "" : json), status, INVALID, param, code);
    }

    @Test
    void whatIsNoJsonIs415() {
        Answer answer = a.send(a.request(CHAT)
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(body("")))
                .build());

        assertError(answer, 415, INVALID, null, "unsupported_media_type");
    }

    @Test
    void whatIsTooLargeIs413() {
        Answer answer = a.post(CHAT, body(",\"x\":\"" + "x".repeat(11 << 20) + "\""));

        assertError(answer, 413, INVALID, null, null);
    }

    @Test
    void theBodyGoesToTheWorkerAndItsAnswerComesBackToTheByte() {
        String sent = body(", \"n\" : 1e-7,\"z\":null,\"big\":123456789012345678901234567890");
        CompletableFuture<Answer> later = a.postLater(CHAT, sent);
        JsonNode task = taken();
        assertThat(task.required("endpoint").textValue()).isEqualTo(CHAT);
        b.complete(Server.id(task), "{\"status_code\":200,\"body\":{\"a\":1.0e-9,\"none\":null}}")
                .expect(200);

        Answer answer = later.join().expect(200);
        assertThat(answer.text()).isEqualTo("{\"a\":1.0e-9,\"none\":null}");
        assertHeaders(answer);
        assertThat(answer.header("openai-organization")).isPresent();
        assertThat(task.required("data").toString()).contains("\"z\":null", "123456789012345678901234567890");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/completions",
                "/v1/responses",
                "/v1/embeddings",
                "/v1/moderations",
                "/v1/images/generations",
                "/v1/rerank",
                "/v1/audio/speech"
            })
    void everyEndpointIsAnsweredByAWorkerOfItsQueue(String path) {
        model = "m-" + UUID.randomUUID();
        register(model, path);
        CompletableFuture<Answer> later = a.postLater(path, body(",\"x\":1.0"));
        JsonNode task = taken();
        assertThat(task.required("endpoint").textValue()).isEqualTo(path);
        assertThat(task.required("data").required("model").textValue()).isEqualTo(model);
        b.complete(Server.id(task), "{\"status_code\":200,\"body\":{\"of\":\"" + path + "\"}}")
                .expect(200);

        assertThat(later.join().expect(200).text()).isEqualTo("{\"of\":\"" + path + "\"}");
        assertError(a.post(path, "{\"model\":\"no such model\"}"), 404, INVALID, "model", "model_not_found");
    }

    @ParameterizedTest
    @CsvSource({"/v1/moderations, omni-moderation-latest", "/v1/images/generations, dall-e-2"})
    void whereNoModelIsRequiredItIsTheOneThatOpenAiTakes(String path, String usual) {
        assertError(a.post(path, "{}"), 404, INVALID, "model", "model_not_found");
        model = "m-" + UUID.randomUUID();
        register(model, path);
        a.put("/v1/channels/" + usual, "{\"queue\":\"" + model + "\"}").expect(200);
        try {
            CompletableFuture<Answer> later = a.postLater(path, "{\"input\":\"x\"}");
            JsonNode task = taken();
            assertThat(task.required("data")).hasToString("{\"input\":\"x\"}");
            b.complete(Server.id(task), "{\"status_code\":200,\"body\":{\"flagged\":false}}")
                    .expect(200);
            assertThat(later.join().expect(200).text()).isEqualTo("{\"flagged\":false}");
        } finally {
            a.delete("/v1/channels/" + usual);
        }
    }

    @Test
    void aConfiguredPathWantsAModel() {
        assertError(a.post("/v1/rerank", "{}"), 400, INVALID, "model", "missing_required_parameter");
    }

    @Test
    void theWorkersErrorComesThroughWithItsStatus() {
        String error = "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"param\":null,\"code\":\"x\"}}";
        CompletableFuture<Answer> later = a.postLater(CHAT, body(""));
        b.complete(Server.id(taken()), "{\"status_code\":\"429\",\"body\":" + error + "}")
                .expect(200);

        assertThat(later.join().expect(429).text()).isEqualTo(error);
    }

    @Test
    void aChannelRoutesItsModelAndAQueueServesItsEndpointOnly() {
        String alias = "org/" + model;
        a.put("/v1/channels/" + alias, "{\"queue\":\"" + model + "\"}").expect(200);
        CompletableFuture<Answer> later = a.postLater("/v1/embeddings", "{\"model\":\"" + alias + "\"}");
        b.complete(Server.id(taken()), "{\"body\":{}}").expect(200);
        later.join().expect(200);

        assertError(a.post("/v1/embeddings", body("")), 404, INVALID, "model", "model_not_found");
        assertThat(a.get("/v1/models/" + alias)
                        .expect(200)
                        .json()
                        .required("id")
                        .textValue())
                .isEqualTo(alias);
    }

    @Test
    void aKeySeesAndCallsOnlyModelsOfItsQueues() {
        String other = "m-" + UUID.randomUUID();
        register(other, CHAT);
        Server mine = a.withNewKey("producer", other);

        List<String> ids =
                mine.get("/v1/models").expect(200).json().required("data").findValuesAsText("id");
        assertThat(ids).containsExactly(other);
        assertError(mine.get("/v1/models/" + model), 404, INVALID, "model", "model_not_found");
        assertError(mine.post(CHAT, body("")), 404, INVALID, "model", "model_not_found");
    }

    @Test
    void piecesOfAWorkerOverHttpComeThroughAsTheyAre() {
        SseReader reader = SseReader.post(a, CHAT, body(",\"stream\":true"));
        String task = Server.id(taken());
        b.progress(task, "{\"event_id\":\"0\",\"event_name\":\"message\",\"event_data\":{\"x\": 1e-7}}")
                .expect(200);
        b.progress(task, "{\"event_data\":\"data: {\\\"raw\\\" : true}\"}").expect(200);
        b.progress(task, "{\"event_name\":\"response.done\",\"event_data\":[]}").expect(200);
        b.progress(task, "{\"event_data\":\"[DONE]\"}").expect(200);
        b.complete(task, "{\"status_code\":200,\"stream\":true}").expect(200);

        assertThat(reader.frames())
                .containsExactly(
                        "data: {\"x\": 1e-7}\n\n",
                        "data: {\"raw\" : true}\n\n",
                        "event: response.done\ndata: []\n\n",
                        "data: [DONE]\n\n");
        var headers = reader.head().headers();
        assertThat(headers.firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        assertThat(headers.firstValue("x-request-id").orElse("")).startsWith("req_");
    }

    @Test
    void piecesOfAWorkerOnTheBusComeThroughAsTheyAre() {
        try (BusWorker bus = new BusWorker(a)) {
            SseReader reader = SseReader.post(a, CHAT, body(",\"stream\":true"));
            JsonNode task = taken();
            bus.progress(task, "0", "message", "{\"x\": 1e-7}");
            bus.progress(task, "1", "message", "\"data:[DONE]\"");
            bus.complete(task, "{\"status_code\":200,\"stream\":true}");

            assertThat(reader.frames()).containsExactly("data: {\"x\": 1e-7}\n\n", "data:[DONE]\n\n");
        }
    }

    @Test
    void anErrorBeforeTheFirstPieceIsToldByTheStatusAndLaterByAnEvent() {
        SseReader early = SseReader.post(a, CHAT, body(",\"stream\":true"));
        b.complete(Server.id(taken()), "{\"status_code\":400,\"body\":{\"error\":{\"message\":\"too long\"}}}")
                .expect(200);
        assertThat(early.head().statusCode()).isEqualTo(400);
        assertThat(early.body()).isEqualTo("{\"error\":{\"message\":\"too long\"}}");

        SseReader late = SseReader.post(a, CHAT, body(",\"stream\":true"));
        String task = Server.id(taken());
        b.progress(task, "{\"event_data\":{}}").expect(200);
        b.complete(task, "{\"status_code\":500,\"body\":{\"error\":{\"message\":\"broke\"}}}")
                .expect(200);
        assertThat(late.frames()).containsExactly("data: {}\n\n", "data: {\"error\":{\"message\":\"broke\"}}\n\n");

        SseReader whole = SseReader.post(a, CHAT, body(",\"stream\":true"));
        b.complete(Server.id(taken()), "{\"body\":{\"a\":1}}").expect(200);
        assertThat(whole.frames()).containsExactly("data: {\"a\":1}\n\n", "data: [DONE]\n\n");
    }

    @Test
    void aReaderWhoHangsUpCancelsTheTask() {
        SseReader reader = SseReader.post(a, CHAT, body(",\"stream\":true"));
        String task = Server.id(taken());
        b.progress(task, "{\"event_data\":{}}").expect(200);
        reader.frame();
        reader.close();

        // Noticed with what is sent next.
        Eventually.passes(Duration.ofSeconds(20), () -> {
            b.progress(task, "{\"event_data\":{}}");
            assertThat(b.status(task)).isEqualTo("cancelled");
        });
    }

    @Test
    void aReaderWhoHangsUpIsNoticedWithoutAnyPieceToo() {
        try (RawConnection connection = new RawConnection(a, 0)) {
            connection.post(CHAT, body(",\"stream\":true"));
            String task = Server.id(taken());
            b.progress(task, "{\"event_data\":{}}").expect(200);
            connection.close();
            Eventually.passes(
                    Duration.ofSeconds(25), () -> assertThat(b.status(task)).isEqualTo("cancelled"));
        }
    }

    @Test
    void requestsPerMinuteAreCountedOnBothServersAndToldInEveryAnswer() {
        Server mine = a.as(newKey("{\"requests_per_minute\":3}"));
        Answer first = mine.get("/v1/models").expect(200);
        assertThat(first.header("x-ratelimit-limit-requests")).contains("3");
        assertThat(first.header("x-ratelimit-remaining-requests")).contains("2");
        assertThat(first.header("x-ratelimit-reset-requests").orElse("")).matches("([0-9]+m)?[0-9.]+s");
        assertThat(first.header("x-ratelimit-remaining-tokens")).isPresent();
        b.as(mine.key()).get("/v1/models").expect(200);
        Answer third = mine.get("/v1/models/none").expect(404);
        assertThat(third.header("x-ratelimit-remaining-requests")).contains("0");

        Answer refused = b.as(mine.key()).post(CHAT, body(""));
        assertError(refused, 429, "requests", null, "rate_limit_exceeded");
        assertThat(refused.header("retry-after").map(Integer::parseInt).orElse(0))
                .isBetween(1, 20);
        assertThat(refused.header("retry-after-ms").map(Integer::parseInt).orElse(0))
                .isBetween(1, 20_000);
        assertThat(refused.header("x-should-retry")).contains("true");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/nothing, 404",
        "POST, /v1/nothing, 404",
        "DELETE, /v1/batches, 405",
        "GET, /v1/chat/completions, 405",
        "GET, /v1/rerank, 405"
    })
    void whatNobodyServesIsCountedAndSaysWhoseKeyItWas(String method, String path, int status) {
        Server mine = a.as(newKey("{\"requests_per_minute\":5}"));
        Answer first = plain(mine, method, path).expect(status);
        Answer second = plain(mine, method, path).expect(status);

        assertHeaders(first);
        assertThat(first.header("openai-organization").orElse("")).startsWith("ck_");
        assertThat(first.header("x-ratelimit-limit-requests")).contains("5");
        assertThat(first.header("x-ratelimit-remaining-requests")).contains("4");
        assertThat(second.header("x-ratelimit-remaining-requests")).contains("3");
        for (String key : new String[] {null, "sk-nobody-has-it"}) {
            Answer stranger = plain(a.as(key), method, path);
            assertHeaders(stranger);
            assertThat(stranger.header("openai-organization")).isEmpty();
        }
    }

    private static Answer plain(Server server, String method, String path) {
        return server.send(
                server.request(path).method(method, BodyPublishers.noBody()).build());
    }

    @Test
    void aRoleThatMayNotIsCountedToo() {
        Server worker = a.as(
                a.post("/v1/keys", "{\"name\":\"it\",\"roles\":[\"worker\"],\"quotas\":{\"requests_per_minute\":5}}")
                        .expect(201)
                        .json()
                        .required("key")
                        .textValue());

        Answer refused = worker.get("/v1/files").expect(403);
        assertThat(refused.header("openai-organization").orElse("")).startsWith("ck_");
        assertThat(refused.header("x-ratelimit-remaining-requests")).contains("4");
    }

    @Test
    void queuedRequestsAreLimitedAndComeBackWithTheirEnd() {
        Server mine = a.as(newKey("{\"queued_requests\":1}"));
        CompletableFuture<Answer> first = mine.postLater(CHAT, body(""));
        String task = Server.id(taken());
        assertError(b.as(mine.key()).post(CHAT, body("")), 429, "requests", null, "rate_limit_exceeded");
        b.complete(task, "{\"body\":{}}").expect(200);
        first.join().expect(200);

        SseReader reader = Eventually.get(
                () -> SseReader.post(b.as(mine.key()), CHAT, body(",\"stream\":true")), this::isAccepted);
        reader.close();
    }

    private boolean isAccepted(SseReader reader) {
        JsonNode tasks =
                b.take("{\"queues\":[\"" + model + ":0\"],\"wait_seconds\":1}").json();
        if (tasks.isEmpty()) {
            return false;
        }
        b.complete(Server.id(tasks.path(model + ":0").get(0)), "{\"body\":{}}").expect(200);
        return true;
    }

    private String newKey(String quotas) {
        return a.post("/v1/keys", "{\"name\":\"it\",\"roles\":[\"producer\"],\"quotas\":" + quotas + "}")
                .expect(201)
                .json()
                .required("key")
                .textValue();
    }

    @Test
    void anAdminChangesTheQuotasOfAKey() {
        JsonNode key = a.post(
                        "/v1/keys",
                        "{\"name\":\"it\",\"roles\":[\"producer\"],\"quotas\":{\"stored_bytes\":5,\"live_batches\":1}}")
                .expect(201)
                .json();
        String path = "/v1/keys/" + key.required("id").textValue();

        JsonNode changed = a.patch(path, "{\"quotas\":{\"stored_bytes\":null,\"requests_per_minute\":-1}}")
                .expect(200)
                .json();
        assertThat(changed.required("quotas")).hasToString("{\"live_batches\":1,\"requests_per_minute\":-1}");
        assertThat(a.get(path).expect(200).json()).isEqualTo(changed);
        a.patch(path, "{\"quotas\":{\"live_batches\":-2}}").expect(400);
        a.patch(path, "{\"quotas\":{\"lives\":1}}").expect(400);
        a.patch(path, "{\"name\":\"other\"}").expect(400);
        a.patch("/v1/keys/ck_admin", "{\"quotas\":{}}").expect(409);
    }
}
