package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Payloads;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Callers who wait for the answer: contract 7.2, and 14 for the workers that tell it over Redis. */
class BlockingIT {
    private static BusWorker bus;
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    /** The two ways on which a worker answers. */
    enum Way {
        HTTP {
            @Override
            void complete(Server server, JsonNode task, String result) {
                server.complete(Server.id(task), result).expect(200);
            }
        },
        BUS {
            @Override
            void complete(Server server, JsonNode task, String result) {
                bus.complete(task, result);
            }
        };

        abstract void complete(Server server, JsonNode task, String result);
    }

    @BeforeAll
    static void findTheBus() {
        bus = new BusWorker(Whole.b());
    }

    @AfterAll
    static void leaveTheBus() {
        bus.close();
    }

    private Answer answered(Way way, String result) {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        way.complete(a, a.takeOne(queue + ":0"), result);
        return caller.join();
    }

    static Stream<Arguments> completions() {
        return Stream.of(
                        new String[] {"{\"status_code\":200,\"body\":{\"answer\":42}}", "200", "{\"answer\":42}"},
                        new String[] {"{\"status_code\":201,\"body\":[1,null]}", "201", "[1,null]"},
                        new String[] {"{\"body\":{\"a\":1}}", "200", "{\"a\":1}"},
                        new String[] {"{\"status_code\":null,\"body\":1}", "200", "1"},
                        new String[] {
                            "{\"status_code\":\"429\",\"body\":{\"error\":{\"message\":\"slow\"}}}",
                            "429",
                            "{\"error\":{\"message\":\"slow\"}}"
                        },
                        new String[] {"{\"status_code\":401,\"body\":{}}", "401", "{}"},
                        new String[] {"{\"status_code\":302,\"body\":{}}", "302", "{}"},
                        new String[] {"{\"status_code\":599,\"body\":{}}", "599", "{}"},
                        new String[] {"{\"status_code\":200,\"body\":\"text\"}", "200", "\"text\""},
                        new String[] {"{\"status_code\":200,\"body\":false}", "200", "false"},
                        new String[] {"{\"status_code\":200}", "200", "{}"},
                        new String[] {"{\"status_code\":200,\"body\":null}", "200", "{}"},
                        new String[] {"{}", "200", "{}"},
                        new String[] {
                            "{\"status_code\":500,\"error\":\"boom\"}", "500", "{\"error\":{\"message\":\"boom\"}}"
                        })
                .flatMap(row -> Stream.of(Way.values())
                        .map(way -> Arguments.of(way, row[0], Integer.parseInt(row[1]), row[2])));
    }

    @ParameterizedTest
    @MethodSource("completions")
    void theCallerGetsTheWorkersStatusAndBody(Way way, String result, int status, String body) {
        Answer answer = answered(way, result);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(body);
        assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
    }

    static Stream<Arguments> impossibleStatuses() {
        return Stream.of("999", "100", "600", "0", "1000", "-1", "\"abc\"")
                .flatMap(status -> Stream.of(Way.values()).map(way -> Arguments.of(way, status)));
    }

    @ParameterizedTest
    @MethodSource("impossibleStatuses")
    void aStatusThatHttpDoesNotHaveBecomes502WithTheStatusInTheBody(Way way, String status) {
        Answer answer = answered(way, "{\"status_code\":" + status + ",\"body\":{\"x\":1}}");

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.json().at("/error/code").asText()).isEqualTo(status.replace("\"", ""));
        assertThat(answer.json().at("/body/x").asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anErrorObjectInsteadOfABodyIsShown(Way way) {
        Answer answer = answered(way, "{\"status_code\":503,\"error\":{\"message\":\"overloaded\",\"code\":7}}");

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().path("error").path("message").asText()).isEqualTo("overloaded");
    }

    static Stream<Arguments> payloads() {
        return Payloads.objects().flatMap(json -> Stream.of(Way.values()).map(way -> Arguments.of(way, json)));
    }

    @ParameterizedTest(name = "{0}, case {index}")
    @MethodSource("payloads")
    void theBodyComesToTheByte(Way way, String body) {
        assertThat(answered(way, "{\"status_code\":200,\"body\":" + body + "}").text())
                .isEqualTo(body);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aCallerOnOneServerIsAnsweredThroughTheOther(Way way) {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));

        way.complete(b, b.takeOne(queue + ":0"), "{\"status_code\":202,\"body\":{\"from\":\"b\"}}");

        Answer answer = caller.join();
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text()).isEqualTo("{\"from\":\"b\"}");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void onlyTheFirstResultCounts(Way way) {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        JsonNode task = a.takeOne(queue + ":0");

        way.complete(b, task, "{\"body\":1}");
        assertThat(caller.join().text()).isEqualTo("1");
        way.complete(a, task, "{\"body\":2}");

        assertThat(a.task(Server.id(task))
                        .expect(200)
                        .json()
                        .path("result")
                        .path("body")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void noAnswerInTimeIs408AndTheTaskIsOver() {
        String queue = a.newQueue();
        long start = System.nanoTime();

        Answer answer = a.put(Put.blocking(queue).timeout(1));

        assertError(answer, 408);
        assertThat((System.nanoTime() - start) / 1e9).isBetween(0.9, 10.0);
        assertThat(a.take("fifo", 1, queue + ":0")).isEmpty();
    }

    @Test
    void aResultThatComesTooLateCountsForNothing() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue).timeout(1));
        JsonNode task = a.takeOne(queue + ":0");
        assertError(caller.join(), 408);

        Answer late = a.complete(Server.id(task), "{\"body\":1}");

        assertThat(late.expect(200).header("X-Carillon-Accepted")).contains("false");
        assertThat(a.status(Server.id(task))).isEqualTo("timeout");
    }

    @Test
    void cancellingReleasesTheCallerWith408AndTheCodeCancelled() {
        String queue = a.newQueue();
        CompletableFuture<Answer> onA = a.putLater(Put.blocking(queue));
        String taken = Server.id(a.takeOne(queue + ":0"));
        CompletableFuture<Answer> onB = b.putLater(Put.blocking(queue));
        String waiting = a.waiting(queue);

        a.cancel(taken).expect(202);
        a.cancel(waiting).expect(202);

        assertError(onA.join(), 408).withCode("cancelled");
        assertError(onB.join(), 408).withCode("cancelled");
    }

    @Test
    void aBlockingTaskNamesTheInstanceThatHoldsItsCaller() {
        String queue = a.newQueue();
        CompletableFuture<Answer> onA = a.putLater(Put.blocking(queue));
        JsonNode first = a.takeOne(queue + ":0");
        CompletableFuture<Answer> onB = b.putLater(Put.blocking(queue));
        JsonNode second = a.takeOne(queue + ":0");

        assertThat(first.path("instance_id").asText()).isNotBlank();
        assertThat(second.path("instance_id").asText())
                .isNotBlank()
                .isNotEqualTo(first.path("instance_id").asText());

        bus.complete(first, "{}");
        bus.complete(second, "{}");
        onA.join().expect(200);
        onB.join().expect(200);
    }

    static Stream<Arguments> handwrittenEvents() {
        return Stream.of(
                Arguments.of("task_id and result", "{\"task_id\":\"ID\",\"result\":{\"body\":1}}"),
                Arguments.of(
                        "more fields than known", "{\"taskId\":\"ID\",\"x\":[1],\"result\":{\"body\":1,\"y\":2}}"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("handwrittenEvents")
    void eventsOfHandwrittenWorkersAreUnderstood(String name, String payload) {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        JsonNode task = a.takeOne(queue + ":0");

        bus.append(task, "task-completion-event", payload.replace("ID", Server.id(task)));

        assertThat(caller.join().text()).isEqualTo("1");
    }

    @Test
    void aWholeEventInOneFieldIsUnderstood() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        JsonNode task = a.takeOne(queue + ":0");

        bus.append(
                task,
                Map.of(
                        "event",
                        "{\"name\":\"task-completion-event\",\"payload\":{\"taskId\":\"" + Server.id(task)
                                + "\",\"result\":{\"body\":1}}}"),
                System.currentTimeMillis() - 60_000);

        assertThat(caller.join().text()).isEqualTo("1");
    }

    @Test
    void anEventNeedsNeitherContextNorTimestampAndIsTrimmedAsOldSdksDo() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        JsonNode task = a.takeOne(queue + ":0");
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("name", "task-completion-event");
        fields.put("payload", "{\"taskId\":\"" + Server.id(task) + "\",\"result\":{\"body\":1}}");

        bus.append(task, fields, System.currentTimeMillis() - 60_000);

        assertThat(caller.join().text()).isEqualTo("1");
    }

    @Test
    void garbageOnTheBusHarmsNobody() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        JsonNode task = a.takeOne(queue + ":0");

        bus.append(task, "task-completion-event", "not json");
        bus.append(task, "task-completion-event", "{\"taskId\":17,\"result\":[]}");
        bus.append(task, "task-completion-event", "{\"result\":{\"body\":0}}");
        bus.append(task, "task-completion-event", "{\"taskId\":\"TASK-1\",\"result\":{}}");
        bus.append(task, "something-else", "{\"taskId\":\"" + Server.id(task) + "\",\"result\":{\"body\":0}}");
        bus.append(task, Map.of("a", "\0\1", "b", "{"), 0);
        bus.complete(task, "{\"body\":1}");

        assertThat(caller.join().text()).isEqualTo("1");
    }

    @Test
    void anEventForATaskThatNobodyHasTakenDoesNotEndIt() {
        String queue = a.newQueue();
        CompletableFuture<Answer> other = a.putLater(Put.blocking(queue));
        JsonNode taken = a.takeOne(queue + ":0");
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue).timeout(20));
        String waiting = a.waiting(queue);

        bus.append(taken, "task-completion-event", "{\"taskId\":\"" + waiting + "\",\"result\":{\"body\":0}}");
        bus.complete(taken, "{\"body\":1}");

        assertThat(other.join().text()).isEqualTo("1");
        assertThat(caller).isNotDone();
        a.complete(Server.id(a.takeOne(queue + ":0")), "{\"body\":2}");
        assertThat(caller.join().text()).isEqualTo("2");
    }
}
