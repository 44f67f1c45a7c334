package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.CallbackReceiver;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many tasks with one request: put-many, complete-many. */
class BulkIT {
    private static final String DONE = "{\"status_code\":200,\"body\":{\"answer\":42}}";

    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static String array(int count, Function<Integer, Put> put) {
        return IntStream.range(0, count).mapToObj(i -> put.apply(i).json()).collect(Collectors.joining(",", "[", "]"));
    }

    private static JsonNode putMany(Server server, String array) {
        return server.post("/v1/queue/put-many", array).expect(200).json();
    }

    private static List<String> ids(JsonNode answers) {
        List<String> ids = new ArrayList<>();
        answers.forEach(answer -> ids.add(answer.path("data").textValue()));
        return ids;
    }

    private static String result(String id, String more) {
        return "{\"task_id\":\"" + id + "\"" + more + ",\"result\":" + DONE + "}";
    }

    private static String results(String... results) {
        return "{\"results\":[" + String.join(",", results) + "]}";
    }

    private static JsonNode completeMany(Server server, String body) {
        return server.post("/v1/queue/complete-many", body).expect(200).json();
    }

    private static List<String> texts(JsonNode list, String field) {
        List<String> texts = new ArrayList<>();
        list.forEach(one -> texts.add(one.path(field).asText()));
        return texts;
    }

    @ParameterizedTest
    @CsvSource({"0, 100", "1, 100", "1, 1000", "0, 1000"})
    void theOrderOfTheArrayIsTheOrderOfTheTasks(int level, int count) {
        String queue = a.newQueue();

        JsonNode answers = putMany(a, array(count, i -> Put.online(queue).level(level)));

        assertThat(answers).hasSize(count);
        assertThat(texts(answers, "index"))
                .isEqualTo(IntStream.range(0, count).mapToObj(Integer::toString).toList());
        assertThat(b.take("round_robin", count, queue + ":" + level)).isEqualTo(ids(answers));
    }

    @Test
    void twoServersKeepTheOrderOfEachArray() {
        String queue = a.newQueue();
        List<CompletableFuture<List<String>>> puts = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            puts.add((i % 2 == 0 ? a : b)
                    .postLater("/v1/queue/put-many", array(60, n -> Put.offline(queue)))
                    .thenApply(answer -> ids(answer.expect(200).json())));
        }
        List<List<String>> arrays = puts.stream().map(CompletableFuture::join).toList();

        List<String> taken = a.take("round_robin", 1000, queue + ":1");

        assertThat(taken).hasSize(360).doesNotHaveDuplicates();
        for (List<String> array : arrays) {
            assertThat(taken.stream().filter(array::contains).toList()).isEqualTo(array);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'endpoint':'/x','queue':'Q'}|400|data",
                "{'endpoint':'/x','queue':'Q','data':[]}|400|data",
                "{'queue':'Q','data':{}}|400|endpoint",
                "{'endpoint':{'a':[1,{}]},'queue':'Q','data':{}}|400|endpoint",
                "{'endpoint':'/x','queue':'Q','data':{},'level':10}|400|level",
                "{'endpoint':'/x','queue':'Q','data':{},'level':[[{}],2]}|400|level",
                "{'endpoint':'/x','queue':'Q','data':{},'response_mode':'blocking'}|400|response_mode",
                "{'endpoint':'/x','queue':'Q','data':{},'response_mode':'streaming'}|400|response_mode",
                "{'endpoint':'/x','queue':'Q','data':{},'response_mode':'later'}|400|response_mode",
                "{'endpoint':'/x','queue':'Q','data':{},'backoff':{'type':'often'},'max_attempts':2}|400|backoff.type",
                "{'endpoint':'/x','queue':'Q','data':{},'trace_id':'\\ud800'}|400|trace_id",
                "{'endpoint':'/x','queue':'Q','data':{},'callback_url':'ftp://h'}|400|callback_url",
                "{'endpoint':'/x','queue':'a b','data':{}}|400|queue",
                "{'endpoint':'/x','queue':'no-such-queue','data':{}}|404|queue",
                "{}|400|endpoint",
                "42|400|",
                "null|400|",
                "'text'|400|",
                "[{'endpoint':'/x','queue':'Q','data':{}}]|400|"
            })
    void aWrongPutIsRefusedAloneAndTheOthersArePut(String wrong, int code, String parameter) {
        String queue = a.newQueue();
        String good = Put.online(queue).level(1).json();
        String bad = wrong.replace('\'', '"').replace("\"Q\"", "\"" + queue + "\"");

        JsonNode answers = putMany(a, "[" + good + "," + bad + "," + good + "," + bad + "]");

        assertThat(texts(answers, "code"))
                .containsExactly("200", Integer.toString(code), "200", Integer.toString(code));
        for (int i = 1; i < 4; i += 2) {
            JsonNode answer = answers.get(i);
            assertThat(answer.path("index").intValue()).isEqualTo(i);
            assertThat(answer.has("data")).isFalse();
            assertThat(answer.path("message").textValue())
                    .isNotBlank()
                    .isEqualTo(answer.path("error").path("message").textValue());
            assertThat(answer.path("error").path("type").textValue()).isNotBlank();
            assertThat(answer.path("error").path("param").textValue()).isEqualTo(parameter);
        }
        assertThat(a.take("fifo", 10, queue + ":1"))
                .containsExactly(
                        answers.get(0).path("data").textValue(),
                        answers.get(2).path("data").textValue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "{}",
                "42",
                "\"x\"",
                "{\"puts\":[GOOD]}",
                "[GOOD",
                "[GOOD,",
                "[GOOD GOOD]",
                "[GOOD]]",
                "[GOOD] GOOD",
                "[GOOD,{\"endpoint\":}]",
                "[GOOD,{\"endpoint\":[},\"data\":{}}]",
                "[GOOD,{\"endpoint\":1,\"data\":{\"a\":[1,]}}]",
                "[GOOD,{\"level\":{\"x\":tru}}]",
                "[GOOD,{\"level\":DEEP}]",
                "[GOOD,{\"data\":DEEP}]",
                "[GOOD,DEEP]"
            })
    void aBodyThatIsNoArrayIsRefusedAsAWhole(String body) {
        String queue = a.newQueue();
        String deep = "[".repeat(200) + "]".repeat(200);

        assertError(
                a.post(
                        "/v1/queue/put-many",
                        body.replace("GOOD", Put.offline(queue).json()).replace("DEEP", deep)),
                400);

        assertThat(a.take("fifo", 10, queue + ":1")).isEmpty();
    }

    @Test
    void anEmptyArrayHasAnEmptyAnswer() {
        assertThat(a.post("/v1/queue/put-many", "[]").expect(200).text()).isEqualTo("[]");
        assertThat(a.post("/v1/queue/complete-many", "{\"results\":[]}")
                        .expect(200)
                        .text())
                .isEqualTo("{\"results\":[]}");
    }

    @Test
    void tooManyAreRefusedAsAWhole() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));

        assertError(a.post("/v1/queue/put-many", array(1001, i -> Put.offline(queue))), 400)
                .naming("1000");
        assertError(
                        a.post(
                                "/v1/queue/complete-many",
                                results(Collections.nCopies(1001, result(id, ""))
                                        .toArray(String[]::new))),
                        400)
                .naming("1000");

        assertThat(a.take("fifo", 10, queue + ":1")).containsExactly(id);
    }

    @Test
    void theBodyLimitHoldsForTheWhole() {
        assertError(a.post("/v1/queue/put-many", "[" + " ".repeat(11 << 20) + "]"), 413);
    }

    @Test
    void anIdempotencyKeyIsRefused() {
        String queue = a.newQueue();
        Answer answer = a.send(a.request("/v1/queue/put-many")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "k")
                .POST(BodyPublishers.ofString(array(1, i -> Put.offline(queue))))
                .build());

        assertError(answer, 400).naming("Idempotency-Key");
        assertThat(a.take("fifo", 10, queue + ":1")).isEmpty();
    }

    @Test
    void dataGoesThroughAsTheBytesItCameIn() {
        String queue = a.newQueue();
        String data = "{ \"n\" : 1.50, \"x\":null,\"é\":\"\\u00e9\", \"a\" : [ ] }";
        putMany(
                a,
                "[ " + Put.offline(queue).data(data).json() + " , "
                        + Put.online(queue).data(data).json() + ",]");

        Answer answer = b.take("{\"queues\":" + Server.quoted(queue + ":0", queue + ":1") + ",\"size\":2}")
                .expect(200);

        assertThat(answer.text().split(Pattern.quote(data), -1)).hasSize(3);
    }

    @Test
    void tasksOfSeveralQueuesAndLevelsAreCompletedAndCalledBackWithOneCall() {
        List<String> queues = List.of(a.newQueue(), a.newQueue(), b.newQueue());
        List<CallbackReceiver.Inbox> inboxes =
                IntStream.range(0, 12).mapToObj(i -> Whole.receiver().inbox()).toList();
        JsonNode put = putMany(a, array(12, i -> Put.online(queues.get(i % 3))
                .level(i % 2)
                .callback(inboxes.get(i).url())));
        String[] all = queues.stream()
                .flatMap(queue -> List.of(queue + ":0", queue + ":1").stream())
                .toArray(String[]::new);
        assertThat(b.take("fifo", 100, all)).hasSize(12);

        JsonNode answer = completeMany(
                b,
                results(ids(put).stream()
                        .map(id -> result(id, ",\"attempt\":1"))
                        .toArray(String[]::new)));

        assertThat(answer.has("tasks")).isFalse();
        assertThat(texts(answer.path("results"), "task_id")).isEqualTo(ids(put));
        assertThat(texts(answer.path("results"), "accepted")).containsOnly("true");
        for (int i = 0; i < 12; i++) {
            JsonNode task = a.task(ids(put).get(i)).expect(200).json();
            assertThat(task.path("status").textValue()).isEqualTo("succeeded");
            assertThat(task.path("result").toString()).isEqualTo(DONE);
            assertThat(inboxes.get(i).await(1).text()).isEqualTo(DONE);
        }
    }

    @Test
    void eachResultIsJudgedAlone() {
        String queue = a.newQueue();
        String foreign = a.newQueue();
        String good = a.putTask(Put.offline(queue));
        String online = a.putTask(Put.online(queue));
        String cancelled = a.putTask(Put.offline(queue));
        String again = a.putTask(Put.online(queue).level(3));
        String elsewhere = a.putTask(Put.offline(foreign));
        String unknown = good.substring(0, good.length() - 6) + "999999";
        a.cancel(cancelled).expect(202);
        a.takeOne(queue + ":3");
        a.post("/v1/queue/" + again + "/release", "{\"attempt\":1}").expect(200);
        a.takeOne(queue + ":3");
        Server worker = a.withNewKey("worker", queue);

        JsonNode answers = completeMany(
                        worker,
                        results(
                                result(good, ""),
                                result(good, ""),
                                "{\"task_id\":\"" + good + "\",\"result\":{\"body\":7}}",
                                result(cancelled, ""),
                                result(again, ",\"attempt\":1"),
                                result(unknown, ""),
                                result(elsewhere, ""),
                                result("no-task-id", ""),
                                "{\"task_id\":\"" + online + "\"}",
                                "{\"task_id\":\"" + online + "\",\"result\":[]}",
                                "{\"task_id\":\"" + online + "\",\"result\":{\"status_code\":99}}",
                                "{\"result\":{}}",
                                "7",
                                result(online, "")))
                .path("results");

        assertThat(texts(answers, "accepted"))
                .containsExactly(
                        "true", "true", "false", "false", "false", "false", "false", "false", "false", "false", "false",
                        "false", "false", "true");
        assertThat(texts(answers, "code"))
                .containsExactly("", "", "", "", "409", "404", "403", "400", "400", "400", "400", "400", "400", "");
        assertThat(answers.get(8).path("error").path("param").textValue()).isEqualTo("result");
        assertThat(answers.get(10).path("error").path("param").textValue()).isEqualTo("status_code");
        assertThat(a.status(elsewhere)).isEqualTo("waiting");
        assertThat(a.status(again)).isEqualTo("queued");
        assertThat(a.task(good).json().path("result").toString()).isEqualTo(DONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"results\":null}",
                "{\"results\":{}}",
                "{\"results\":[GOOD}",
                "{\"results\":[GOOD]",
                "{\"results\":[GOOD]}]",
                "{\"results\":[GOOD,{\"task_id\":\"ID\",\"result\":{\"body\":1,}}]}",
                "{\"results\":[GOOD,{\"task_id\":[,\"result\":{}}]}",
                "{\"results\":[GOOD],\"take\":{}}",
                "{\"results\":[GOOD],\"take\":{\"queues\":[\"x\"]}}",
                "{\"results\":[GOOD],\"take\":{\"queues\":[\"a:1\"],\"size\":\"many\"}}"
            })
    void aBodyThatCannotBeIsRefusedBeforeAnyResultCounts(String body) {
        String id = a.putTask(Put.offline(a.newQueue()));

        assertError(
                a.post(
                        "/v1/queue/complete-many",
                        body.replace("GOOD", result(id, "")).replace("ID", id)),
                400);

        assertThat(a.status(id)).isEqualTo("waiting");
    }

    @Test
    void aTakeThatCannotBeIsRefusedBeforeAnyResultCounts() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        String take = "{\"results\":[" + result(id, "") + "],\"take\":{\"queues\":[\"%s:1\"]}}";

        assertError(a.post("/v1/queue/complete-many", String.format(take, "no-such-queue")), 404);
        assertError(a.withNewKey("worker", queue).post("/v1/queue/complete-many", String.format(take, "other")), 403);

        assertThat(a.status(id)).isEqualTo("waiting");
    }

    @Test
    void theNextTasksComeWithTheAnswer() {
        String queue = a.newQueue();
        List<String> ids = ids(putMany(a, array(250, i -> Put.offline(queue))));
        String take = "\"take\":{\"queues\":[\"" + queue + ":1\"],\"size\":100}}";

        List<String> done = new ArrayList<>();
        List<String> held = List.of();
        do {
            String body = "{\"results\":["
                    + held.stream().map(id -> result(id, ",\"attempt\":1")).collect(Collectors.joining(",")) + "],"
                    + take;
            JsonNode answer = completeMany(done.size() % 200 == 0 ? a : b, body);
            assertThat(texts(answer.path("results"), "accepted"))
                    .hasSize(held.size())
                    .doesNotContain("false");
            done.addAll(held);
            held = new ArrayList<>(texts(answer.path("tasks").path(queue + ":1"), "task_id"));
        } while (!held.isEmpty());

        assertThat(done).isEqualTo(ids);
        assertThat(a.status(ids.get(249))).isEqualTo("succeeded");
    }

    @Test
    void theTakeMayWaitForTasks() {
        String queue = a.newQueue();
        String first = a.putTask(Put.offline(queue));
        CompletableFuture<Answer> answer = a.postLater(
                "/v1/queue/complete-many",
                "{\"results\":[" + result(first, "") + "],\"take\":{\"queues\":[\"" + queue
                        + ":1\"],\"wait_seconds\":20}}");
        Eventually.get(() -> a.status(first), "succeeded"::equals);

        String next = ids(putMany(b, array(1, i -> Put.offline(queue)))).get(0);

        assertThat(texts(answer.join().expect(200).json().path("tasks").path(queue + ":1"), "task_id"))
                .containsExactly(next);
    }

    @Test
    void rolesAndQueuesOfTheKeyHold() {
        String queue = a.newQueue();
        String other = a.newQueue();
        String body = array(4, i -> Put.offline(i % 2 == 0 ? queue : other));

        assertThat(texts(putMany(a.withNewKey("producer", queue), body), "code"))
                .containsExactly("200", "403", "200", "403");
        assertError(a.withNewKey("worker").post("/v1/queue/put-many", body), 403);
        assertError(a.withNewKey("producer").post("/v1/queue/complete-many", results()), 403);
        assertError(a.as(null).post("/v1/queue/put-many", body), 401);
        assertThat(a.take("fifo", 10, queue + ":1", other + ":1")).hasSize(2);
    }
}
