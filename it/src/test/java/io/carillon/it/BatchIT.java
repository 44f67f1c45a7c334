package io.carillon.it;

import static io.carillon.it.support.BatchCalls.id;
import static io.carillon.it.support.BatchCalls.status;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BatchCalls;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import io.carillon.worker.Worker;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Batch API by plain HTTP: contract openai-batch 3, 4, 6 and 9. */
class BatchIT {
    private final Server a = Whole.a();
    private final BatchCalls calls = new BatchCalls(a);
    private final BatchCalls other = new BatchCalls(Whole.b());

    private static void assertError(Answer answer, int status, String code, String param) {
        JsonNode error = answer.expect(status).json().required("error");
        assertThat(
                        error.required("code").isNull()
                                ? null
                                : error.required("code").textValue())
                .as(answer.toString())
                .isEqualTo(code);
        assertThat(
                        error.required("param").isNull()
                                ? null
                                : error.required("param").textValue())
                .as(answer.toString())
                .isEqualTo(param);
        assertThat(error.required("message").textValue()).isNotBlank();
        assertThat(error.required("type").textValue()).isNotBlank();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | missing_required_parameter | input_file_id",
                "{\"input_file_id\":\"f\"} | missing_required_parameter | endpoint",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\"} | missing_required_parameter |"
                        + " completion_window",
                "{\"input_file_id\":7,\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\"} | invalid_type |"
                        + " input_file_id",
                "{\"input_file_id\":\"f\",\"endpoint\":[],\"completion_window\":\"24h\"} | invalid_type | endpoint",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":24} | invalid_type |"
                        + " completion_window",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/nothing\",\"completion_window\":\"24h\"} | invalid_value"
                        + " | endpoint",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/chat/completions\",\"completion_window\":\"24h\"} |"
                        + " invalid_value | endpoint",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"1w\"} | invalid_value"
                        + " | completion_window",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24H\"} |"
                        + " invalid_value | completion_window",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"31d\"} |"
                        + " invalid_value | completion_window",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"0m\"} | invalid_value"
                        + " | completion_window",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"metadata\":\"x\"}"
                        + " | invalid_type | metadata",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"metadata\":{\"tags\":[]}}"
                        + " | invalid_type | metadata.tags",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"metadata\":{\"t\":null}}"
                        + " | invalid_type | metadata.t",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"output_expires_after\":{\"anchor\":\"x\",\"seconds\":3600}}"
                        + " | invalid_value | output_expires_after.anchor",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"output_expires_after\":{\"anchor\":\"created_at\",\"seconds\":1}}"
                        + " | integer_below_min_value | output_expires_after.seconds",
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"priority\":1}"
                        + " | unknown_parameter | priority"
            })
    void saysWhatIsWrongWithARequest(String body, String code, String param) {
        assertError(a.post("/v1/batches", body), 400, code, param);
    }

    @Test
    void metadataHasLimits() {
        String head =
                "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"metadata\":{";
        String many = String.join(
                ",",
                IntStream.range(0, 17).mapToObj(i -> "\"k" + i + "\":\"v\"").toList());

        assertError(a.post("/v1/batches", head + many + "}}"), 400, "object_above_max_properties", "metadata");
        assertError(
                a.post("/v1/batches", head + "\"k\":\"" + "x".repeat(513) + "\"}}"),
                400,
                "string_above_max_length",
                "metadata.k");
        assertError(
                a.post("/v1/batches", head + "\"" + "k".repeat(65) + "\":\"v\"}}"),
                400,
                "string_above_max_length",
                "metadata");
    }

    @Test
    void instantsAreInTheUnitThatTheRequestWants() {
        String body = "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\"}";
        long before = System.currentTimeMillis();

        JsonNode batch = inUnit("ms", "/v1/batches", BodyPublishers.ofString(body), "POST")
                .expect(200)
                .json();

        long created = batch.path("created_at").asLong();
        assertThat(created).isBetween(before - 60_000, System.currentTimeMillis() + 60_000);
        assertThat(batch.path("expires_at").asLong()).isEqualTo(created + 86_400_000);
        assertThat(batch.path("expired_at").asLong()).isEqualTo(created + 86_400_000);
        String path = "/v1/batches/" + batch.path("id").asText();
        assertThat(inUnit("ms", path, BodyPublishers.noBody(), "GET").json().path("expired_at"))
                .isEqualTo(batch.path("expired_at"));
        JsonNode usual = a.get(path).expect(200).json();
        assertThat(usual.path("created_at").asLong()).isEqualTo(created / 1000);
        assertThat(usual.path("expired_at").isNull()).isTrue();
        assertError(
                inUnit("min", "/v1/batches", BodyPublishers.ofString(body), "POST"),
                400,
                "invalid_value",
                "X-Carillon-Time-Unit");
    }

    private Answer inUnit(String unit, String path, HttpRequest.BodyPublisher body, String method) {
        return a.send(a.request(path)
                .header("Content-Type", "application/json")
                .header("X-Carillon-Time-Unit", unit)
                .method(method, body)
                .build());
    }

    @Test
    void theLongestMetadataIsKept() {
        String smile = new String(Character.toChars(0x1F600));
        String most = IntStream.range(10, 26)
                .mapToObj(i -> "\"" + smile.repeat(62) + i + "\":\"" + smile.repeat(512) + "\"")
                .collect(Collectors.joining(","));

        JsonNode batch = a.post(
                        "/v1/batches",
                        "{\"input_file_id\":\"f\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\",\"metadata\":{"
                                + most + "}}")
                .expect(200)
                .json();

        JsonNode found =
                a.get("/v1/batches/" + batch.path("id").asText()).expect(200).json();
        assertThat(found.path("metadata")).hasSize(16);
        assertThat(found.path("metadata").path(smile.repeat(62) + 10).asText()).isEqualTo(smile.repeat(512));
    }

    @Test
    void unknownBatchesAreNotFound() {
        String id = "batch_" + UUID.randomUUID().toString().replace("-", "");
        for (String path : List.of("/v1/batches/" + id, "/v1/batches/x", "/v1/batches/" + id + "/results")) {
            assertError(a.get(path), 404, null, null);
        }
        for (String action : List.of("cancel", "pause", "resume", "retry")) {
            assertError(a.post("/v1/batches/" + id + "/" + action), 404, null, null);
        }
        assertThat(a.get("/v1/batches/" + id).json().at("/error/message").textValue())
                .isEqualTo("No batch found with id '" + id + "'.");
        assertError(a.get("/v1/batches?after=" + id), 400, "invalid_value", "after");
        assertError(a.get("/v1/batches?limit=0"), 400, "integer_below_min_value", "limit");
        assertError(a.get("/v1/batches?limit=101"), 400, "integer_above_max_value", "limit");
        assertError(a.get("/v1/batches?limit=x"), 400, "invalid_type", "limit");
    }

    @Test
    void aFileThatIsNotThereFailsTheBatch() {
        JsonNode created = a.post("/v1/batches", BatchCalls.request("file-nothing"))
                .expect(200)
                .json();

        assertThat(status(created)).isEqualTo("validating");
        JsonNode batch = calls.untilStatus(id(created), "failed");
        assertThat(batch.at("/errors/object").textValue()).isEqualTo("list");
        assertThat(batch.at("/errors/data/0/code").textValue()).isEqualTo("invalid_request");
        assertThat(batch.at("/errors/data/0/param").textValue()).isEqualTo("file_id");
        assertThat(batch.at("/errors/data/0/line").isNull()).isTrue();
        assertThat(batch.required("failed_at").isIntegralNumber()).isTrue();
        assertThat(batch.required("request_counts").toString()).isEqualTo("{\"total\":0,\"completed\":0,\"failed\":0}");
        assertError(a.post("/v1/batches/" + id(created) + "/cancel"), 409, null, null);
    }

    @Test
    void aModelThatNobodyServesFailsTheBatch() {
        JsonNode batch = calls.untilStatus(id(calls.create("\n" + BatchCalls.line("c1", "no-such-model"))), "failed");

        assertThat(batch.at("/errors/data/0/code").textValue()).isEqualTo("model_not_found");
        assertThat(batch.at("/errors/data/0/line").intValue()).isEqualTo(2);
        assertThat(batch.at("/errors/data/0/param").textValue()).isEqualTo("body.model");
    }

    @Test
    void aBatchGoesItsWayAndEitherServerTellsOfIt() {
        String queue = a.newQueue();
        JsonNode created = calls.create(BatchCalls.input(queue, 20));
        String id = id(created);
        assertThat(Stream.of(
                                "output_file_id",
                                "error_file_id",
                                "in_progress_at",
                                "completed_at",
                                "errors",
                                "usage",
                                "metadata",
                                "model")
                        .allMatch(field -> created.required(field).isNull()))
                .isTrue();
        assertThat(created.required("expires_at").longValue()
                        - created.required("created_at").longValue())
                .isEqualTo(86_400);
        other.until(id, batch -> batch.at("/request_counts/total").intValue() == 20);

        assertThat(calls.work(
                        queue, 7, n -> n == 3 ? "{\"status_code\":400,\"body\":{\"error\":{}}}" : BatchCalls.done(n)))
                .isEqualTo(7);
        JsonNode running =
                other.until(id, batch -> batch.at("/request_counts/completed").intValue() == 6);
        assertThat(running.at("/request_counts/failed").intValue()).isEqualTo(1);
        assertThat(status(running)).isEqualTo("in_progress");
        List<JsonNode> soFar = BatchCalls.jsonLines(
                other.server().get("/v1/batches/" + id + "/results").expect(200).text());
        assertThat(soFar).hasSize(7);
        while (calls.work(queue, 100, BatchCalls::done) > 0) {}
        JsonNode batch = other.untilStatus(id, "completed");

        assertThat(batch.required("request_counts").toString())
                .isEqualTo("{\"total\":20,\"completed\":19,\"failed\":1}");
        assertThat(batch.required("model").textValue()).isEqualTo(queue);
        assertThat(batch.at("/usage/total_tokens").intValue()).isEqualTo(95);
        List<JsonNode> output = other.lines(batch, "output_file_id");
        List<JsonNode> error = calls.lines(batch, "error_file_id");
        assertThat(output).hasSize(19).allMatch(line -> line.required("error").isNull());
        assertThat(error)
                .singleElement()
                .matches(line -> line.required("custom_id").textValue().equals("c3"));
        assertThat(BatchCalls.jsonLines(other.server()
                        .get("/v1/batches/" + id + "/results")
                        .expect(200)
                        .text()))
                .hasSize(20)
                .containsAll(soFar);
        assertError(a.post("/v1/batches/" + id + "/cancel"), 409, null, null);

        JsonNode again = a.post("/v1/batches/" + id + "/retry").expect(200).json();
        assertThat(again.required("x_retry_of").textValue()).isEqualTo(id);
        calls.until(id(again), retried -> retried.at("/request_counts/total").intValue() == 1);
        assertThat(calls.work(queue, 5, BatchCalls::done)).isEqualTo(1);
        assertThat(calls.lines(calls.untilStatus(id(again), "completed"), "output_file_id"))
                .singleElement()
                .matches(line -> line.required("custom_id").textValue().equals("c3"));
    }

    @Test
    void noLineOfACancelledBatchIsGivenOut() {
        String queue = a.newQueue();
        String id = id(calls.create(BatchCalls.input(queue, 50)));
        calls.until(
                id,
                batch -> batch.at("/request_counts/total").intValue() == 50
                        && a.get("/v1/queue/" + queue + ":1/stats").status() == 200);
        calls.work(queue, 4, BatchCalls::done);

        Answer cancelled = a.send(a.request("/v1/batches/" + id + "/cancel")
                .POST(BodyPublishers.noBody())
                .build());
        assertThat(status(cancelled.expect(200).json())).isEqualTo("cancelling");
        assertThat(other.work(queue, 50, BatchCalls::done)).isZero();
        JsonNode batch = calls.untilStatus(id, "cancelled");

        assertThat(batch.required("request_counts").toString())
                .isEqualTo("{\"total\":50,\"completed\":4,\"failed\":0}");
        assertThat(calls.lines(batch, "output_file_id")).hasSize(4);
        assertThat(calls.lines(batch, "error_file_id"))
                .hasSize(46)
                .allMatch(line -> line.at("/error/code").textValue().equals("batch_cancelled"));
        JsonNode again = a.post("/v1/batches/" + id + "/cancel").expect(200).json();
        assertThat(again).isEqualTo(batch);
    }

    @Test
    void aPausedBatchWaitsUntilItIsResumed() {
        String queue = a.newQueue();
        String id = id(calls.create(BatchCalls.input(queue, 3)));
        calls.until(id, batch -> batch.at("/request_counts/total").intValue() == 3);

        assertThat(a.post("/v1/batches/" + id + "/pause")
                        .expect(200)
                        .json()
                        .required("x_paused")
                        .booleanValue())
                .isTrue();
        assertThat(other.work(queue, 5, BatchCalls::done)).isZero();
        other.server().post("/v1/batches/" + id + "/resume").expect(200);
        for (int done = 0; done < 3; ) {
            done += calls.work(queue, 5, BatchCalls::done);
        }

        calls.untilStatus(id, "completed");
        assertError(a.post("/v1/batches/" + id + "/pause"), 409, null, null);
    }

    @Test
    void theSameKeyLeadsToTheSameBatch() {
        String body = BatchCalls.request("file-nothing");
        String key = UUID.randomUUID().toString();

        Answer first = a.send(json(body, key));
        Answer again = Whole.b()
                .send(Whole.b()
                        .request("/v1/batches")
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", key)
                        .POST(BodyPublishers.ofString(body))
                        .build());
        Answer different = a.send(json(BatchCalls.request("file-other"), key));

        assertThat(again.expect(200).json()).isEqualTo(first.expect(200).json());
        String id = id(first.json());
        calls.untilStatus(id, "failed");
        assertThat(a.send(json(body, key)).expect(200).json()).isEqualTo(first.json());
        assertThat(status(calls.batch(id))).isEqualTo("failed");
        assertError(different, 409, "idempotency_key_reused", null);
    }

    @Test
    void anOnlineTaskGoesBeforeTheWaitingLinesUnlessItsWorkerWantsTheOldest() {
        String queue = "q-" + UUID.randomUUID();
        a.post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/chat/completions\"}")
                .expect(200);
        String id = id(calls.create(BatchCalls.input(queue, 4)));
        untilWaiting(queue, 4);
        CompletableFuture<Answer> online =
                a.postLater("/v1/chat/completions", "{\"model\":\"" + queue + "\",\"messages\":[]}");
        untilWaiting(queue, 5);

        JsonNode oldest = a.take("{\"queues\":[\"" + queue + ":0\",\"" + queue + ":1\"],\"strategy\":\"fifo\"}")
                .expect(200)
                .json();
        assertThat(oldest.fieldNames()).toIterable().containsExactly(queue + ":1");
        a.complete(Server.id(oldest.path(queue + ":1").get(0)), BatchCalls.done(1))
                .expect(200);

        List<String> done = new CopyOnWriteArrayList<>();
        try (Worker worker = Worker.builder()
                .server(a.url().toString())
                .key(a.key())
                .handler(queue, task -> {
                    done.add(task.payload().at("/messages/0/content").asText("online"));
                    return Map.of("ok", true);
                })
                .start()) {
            online.join().expect(200);
            calls.untilStatus(id, "completed");
        }
        assertThat(done).hasSize(4).startsWith("online");
    }

    private void untilWaiting(String queue, int tasks) {
        Eventually.get(
                () -> a.get("/v1/tasks?queue=" + queue + "&status=waiting")
                        .expect(200)
                        .json()
                        .path("data")
                        .size(),
                count -> count == tasks);
    }

    @Test
    void theSmallBatchOfAnotherKeyDoesNotWaitForTheLargeOne() {
        String queue = a.newQueue();
        BatchCalls large = new BatchCalls(a.withNewKey("producer"));
        BatchCalls small = new BatchCalls(Whole.b().withNewKey("producer"));
        String largeId = id(large.create(BatchCalls.input(queue, 3000)));
        for (int done = 0; done < 50; ) {
            done += calls.work(queue, 50, BatchCalls::done);
        }
        String smallId = id(small.create(BatchCalls.input(queue, 10)));
        small.untilStatus(smallId, "in_progress");
        while (small.batch(smallId).at("/request_counts/completed").intValue() < 10) {
            calls.work(queue, 20, BatchCalls::done);
        }

        assertThat(small.lines(small.untilStatus(smallId, "completed"), "output_file_id"))
                .hasSize(10);
        JsonNode counts = large.batch(largeId).required("request_counts");
        assertThat(counts.required("total").intValue()).isEqualTo(3000);
        assertThat(counts.required("completed").intValue()).isBetween(50, 1000);
        large.server().post("/v1/batches/" + largeId + "/cancel").expect(200);
    }

    private HttpRequest json(String body, String key) {
        return a.request("/v1/batches")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    @Test
    void nobodySeesAnothersBatches() {
        String id = id(a.post("/v1/batches", BatchCalls.request("file-nothing"))
                .expect(200)
                .json());
        Server stranger = a.withNewKey("producer");

        assertError(stranger.get("/v1/batches/" + id), 404, null, null);
        assertError(stranger.post("/v1/batches/" + id + "/cancel"), 404, null, null);
        assertThat(stranger.get("/v1/batches").expect(200).json().toString())
                .isEqualTo("{\"object\":\"list\",\"data\":[],\"first_id\":null,\"last_id\":null,\"has_more\":false}");
        assertError(
                a.withNewKey("worker").post("/v1/batches", BatchCalls.request("f")),
                403,
                "insufficient_permissions",
                null);
    }

    @Test
    void pagesGoThroughAllBatchesOnce() {
        Server owner = a.withNewKey("producer");
        TreeSet<String> created = new TreeSet<>();
        for (int i = 0; i < 7; i++) {
            created.add(id(owner.post("/v1/batches", BatchCalls.request("file-" + i))
                    .expect(200)
                    .json()));
        }
        TreeSet<String> seen = new TreeSet<>();
        String after = "";
        for (boolean more = true; more; ) {
            JsonNode page = owner.get("/v1/batches?limit=3" + after).expect(200).json();
            page.required("data")
                    .forEach(batch -> assertThat(seen.add(id(batch))).isTrue());
            more = page.required("has_more").booleanValue();
            after = "&after=" + page.required("last_id").asText();
        }
        assertThat(seen).isEqualTo(created);
    }

    @Test
    void aPageHasTwentyTheNewestFirstAndSaysWhetherThereAreMore() {
        Server owner = a.withNewKey("producer");
        List<String> newestFirst = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            newestFirst.add(
                    0,
                    id(owner.post("/v1/batches", BatchCalls.request("file-" + i))
                            .expect(200)
                            .json()));
        }

        JsonNode page = owner.get("/v1/batches").expect(200).json();
        assertThat(ids(page)).isEqualTo(newestFirst.subList(0, 20));
        assertThat(page.required("has_more").booleanValue()).isTrue();
        JsonNode whole = owner.get("/v1/batches?limit=21").expect(200).json();
        assertThat(ids(whole)).isEqualTo(newestFirst);
        assertThat(whole.required("has_more").booleanValue())
                .as("a last page that is full")
                .isFalse();
    }

    private static List<String> ids(JsonNode page) {
        return page.required("data").findValuesAsText("id");
    }

    @Test
    void aQueueThatIsNamedMustBeThere() {
        Answer answer = a.send(a.request("/v1/batches")
                .header("Content-Type", "application/json")
                .header("X-BELLA-QUEUE-NAME", "no-such-queue")
                .POST(BodyPublishers.ofString(BatchCalls.request("file-x")))
                .build());

        assertError(answer, 400, "invalid_value", "X-BELLA-QUEUE-NAME");
    }
}
