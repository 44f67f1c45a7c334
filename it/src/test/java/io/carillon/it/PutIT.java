package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Payloads;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Putting tasks, and how they look to the worker that takes them: contract 3.2, 3.4, 6 and 13. */
class PutIT {
    private final Server a = Whole.a();

    @Test
    void putAnswersWithAnEnvelopeAroundTheId() {
        long before = System.currentTimeMillis();

        JsonNode answer = a.put(Put.offline(a.newQueue())).expect(200).json();

        assertThat(answer.path("code").asInt()).isEqualTo(200);
        assertThat(answer.path("timestamp").asLong()).isBetween(before - 1000, System.currentTimeMillis() + 1000);
        assertThat(answer.path("data").asText()).matches("TASK-\\d+-1-C-\\d{12}-\\d{4}-\\d{6}");
        assertThat(answer.has("stacktrace")).isFalse();
        assertThat(answer.has("message")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"callback, C", "batch, P"})
    void theIdNamesTheMode(String mode, String letter) {
        String id = a.putTask(Put.offline(a.newQueue()).field("response_mode", "\"" + mode + "\""));

        assertThat(id).contains("-1-" + letter + "-");
    }

    @Test
    void idsAreDifferentOnBothServers() {
        String queue = a.newQueue();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            ids.add(a.putTask(Put.offline(queue)));
            ids.add(Whole.b().putTask(Put.online(queue)));
        }

        assertThat(ids).hasSize(100);
    }

    static Stream<Integer> levels() {
        return IntStream.rangeClosed(0, 9).boxed();
    }

    @ParameterizedTest
    @MethodSource("levels")
    void aTaskOfEachLevelGoesToItsWorkerAndItsResultBack(int level) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));

        JsonNode task = a.takeOne(queue + ":" + level);
        Answer complete = a.complete(id, "{\"status_code\":200,\"body\":{\"level\":" + level + "}}");

        assertThat(Server.id(task)).isEqualTo(id);
        assertThat(task.path("level").asInt(-1)).isEqualTo(level);
        assertThat(complete.expect(200).text()).isEqualTo("\"" + id + "\"");
        assertThat(complete.header("X-Carillon-Accepted")).isNotEqualTo(Optional.of("false"));
        JsonNode after = a.task(id).expect(200).json();
        assertThat(after.path("status").asText()).isEqualTo("succeeded");
        assertThat(after.path("result").path("body").path("level").asInt(-1)).isEqualTo(level);
    }

    @Test
    void anOnlineTaskIsTakenWithTheFieldsOfTheContractAndNoOthersOfThem() {
        String queue = a.newQueue();
        Server producer = a.withNewKey("producer");
        long before = System.currentTimeMillis();
        producer.putTask(Put.online(queue).timeout(60));

        JsonNode task = a.takeOne(queue + ":0");

        assertThat(task.path("endpoint").asText()).isEqualTo("/v1/x");
        assertThat(task.path("queue").asText()).isEqualTo(queue);
        assertThat(task.path("response_mode").asText()).isEqualTo("callback");
        assertThat(task.path("start_time").asLong()).isBetween(before - 1000, System.currentTimeMillis() + 1000);
        assertThat(task.path("expire_time").asLong() - task.path("start_time").asLong())
                .isEqualTo(60_000);
        assertThat(task.path("running_time").asLong(-1)).isZero();
        assertThat(task.path("completed_time").asLong(-1)).isZero();
        assertThat(task.path("instance_id").asText()).isNotBlank();
        for (String absent : new String[] {"status", "result", "batch_id", "trace_id", "custom_id", "callback_url"}) {
            assertThat(task.has(absent)).as(absent).isFalse();
        }
        assertThat(task.toString()).doesNotContain(producer.key());
        assertThat(task.path("ak").asText()).startsWith("ck_");
    }

    @Test
    void anOfflineTaskIsTakenWithTheFieldsOfTheContractAndNoOthersOfThem() {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue).timeout(60));

        JsonNode task = a.takeOne(queue + ":1");

        assertThat(task.path("status").asText()).isEqualTo("waiting");
        assertThat(task.path("batch_id").asText("none")).isEmpty();
        assertThat(task.path("trace_id").asText("none")).isEmpty();
        assertThat(task.path("callback_url").asText("none")).isEmpty();
        assertThat(task.path("running_time").asLong(-1)).isZero();
        assertThat(task.path("completed_time").asLong(-1)).isZero();
        for (String absent : new String[] {"result", "instance_id", "custom_id"}) {
            assertThat(task.has(absent)).as(absent).isFalse();
        }
    }

    @Test
    void aTraceIdComesToTheWorkerWhateverTheLevel() {
        String queue = a.newQueue();
        a.putTask(Put.online(queue).field("trace_id", "\"t-0\""));
        a.putTask(Put.offline(queue).field("trace_id", "\"t-1\""));

        assertThat(a.takeOne(queue + ":0").path("trace_id").asText()).isEqualTo("t-0");
        assertThat(a.takeOne(queue + ":1").path("trace_id").asText()).isEqualTo("t-1");
    }

    static Stream<Arguments> payloads() {
        return Payloads.objects().flatMap(json -> Stream.of(Arguments.of(0, json), Arguments.of(1, json)));
    }

    @ParameterizedTest(name = "level {0}, case {index}")
    @MethodSource("payloads")
    void dataComesToTheWorkerToTheByte(int level, String data) {
        String queue = a.newQueue();
        a.putTask(Put.online(queue).level(level).data(data));

        Answer taken = a.take("{\"queues\":[\"" + queue + ":" + level + "\"],\"size\":1}");

        assertThat(taken.expect(200).text()).contains("\"data\":" + data + ",");
    }

    @ParameterizedTest
    @CsvSource({
        "1, , 86400",
        "1, 0, 86400",
        "1, -5, 86400",
        "1, 7, 7",
        "1, '\"7\"', 7",
        "0, , 86400",
        "0, 700, 700",
    })
    void aCallbackTaskLivesAsLongAsItSaysOrADay(int level, String timeout, long seconds) {
        String queue = a.newQueue();
        Put put = Put.online(queue).level(level);
        a.putTask(timeout == null ? put : put.field("timeout", timeout));

        assertThat(life(a.takeOne(queue + ":" + level))).isEqualTo(seconds);
    }

    private static long life(JsonNode task) {
        return (task.path("expire_time").asLong() - task.path("start_time").asLong()) / 1000;
    }

    @ParameterizedTest
    @CsvSource({", 300", "0, 300", "-1, 300", "null, 300", "9, 9", "601, 600", "2147483647, 600"})
    void aBlockingTaskLivesAsLongAsItsCallerWaits(String timeout, long seconds) {
        String queue = a.newQueue();
        Put put = Put.blocking(queue);
        var caller = a.putLater(timeout == null ? put : put.field("timeout", timeout));

        JsonNode task = a.takeOne(queue + ":0");
        a.complete(Server.id(task), "{}").expect(200);

        assertThat(life(task)).isEqualTo(seconds);
        caller.join().expect(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "0", "1", "5", "\"1\""})
    void aBlockingTaskIsOnlineWhateverLevelItNames(String level) {
        String queue = a.newQueue();
        var caller = a.putLater(Put.blocking(queue).field("level", level));

        JsonNode task = a.takeOne(queue + ":0");
        a.complete(Server.id(task), "{}").expect(200);

        assertThat(task.path("level").asInt(-1)).isZero();
        caller.join().expect(200);
    }

    @Test
    void nullsMeanTheDefaults() {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue)
                .field("level", "null")
                .field("response_mode", "null")
                .field("callback_url", "null")
                .field("timeout", "null")
                .field("trace_id", "null"));

        JsonNode task = a.takeOne(queue + ":0");

        assertThat(Server.id(task)).isEqualTo(id);
        assertThat(task.path("response_mode").asText()).isEqualTo("callback");
    }

    @Test
    void bothSpellingsOfAFieldAreUnderstoodAndUnknownFieldsAreNot() {
        String queue = a.newQueue();
        a.post(
                        "/v1/queue/put",
                        "{\"endpoint\":\"/v1/x\",\"queue\":\"" + queue
                                + "\",\"data\":{},\"level\":\"1\",\"responseMode\":\"callback\",\"traceId\":\"t\",\"callbackUrl\":null,\"what\":{\"is\":[1]}}")
                .expect(200);

        assertThat(a.takeOne(queue + ":1").path("trace_id").asText()).isEqualTo("t");
    }

    @Test
    void numbersMayComeAsTextAndATrailingCommaDoesNoHarm() {
        String queue = a.newQueue();
        a.post(
                        "/v1/queue/put",
                        "{\"endpoint\":\"/v1/x\",\"queue\":\"" + queue + "\",\"level\":\"2\",\"data\":{\"a\":[1]},}")
                .expect(200);

        assertThat(a.takeOne(queue + ":2").path("data")).hasToString("{\"a\":[1]}");
    }

    @Test
    void aRefusedPutLeavesNoTrace() {
        String queue = a.newQueue();

        a.put(Put.offline(queue).level(10)).expect(400);
        a.put(Put.offline(queue).data("{\"a\":[1,}")).expect(400);

        assertThat(a.take("fifo", 5, queue + ":0", queue + ":1")).isEmpty();
        assertThat(a.get("/v1/tasks?queue=" + queue).expect(200).json().path("data"))
                .isEmpty();
    }

    @Test
    void answersCarryTheIdsOfTheRequest() {
        Answer answer = a.send(a.request("/v1/queue/" + a.newQueue() + "/metadata")
                .header("X-BELLA-TRACE-ID", "my-trace")
                .header("X-BELLA-ANYTHING", "x")
                .header("ucid", "7")
                .GET()
                .build());

        assertThat(answer.expect(200).header("X-BELLA-TRACE-ID")).contains("my-trace");
        assertThat(answer.header("X-BELLA-REQUEST-ID")).isPresent();
        assertThat(answer.header("Cache-Control")).contains("no-cache");
    }
}
