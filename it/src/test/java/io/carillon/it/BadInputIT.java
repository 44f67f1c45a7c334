package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.Put;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are wrong: contract 2.5 and 3. What is refused is refused clearly, in JSON, without a stack trace. */
class BadInputIT {
    private static final String[] POSTS = {
        "register",
        "put",
        "take",
        "TASK-1-1-C-261122093258-0001-999999/complete",
        "TASK-1-1-C-261122093258-0001-999999/progress"
    };
    private final Server a = Whole.a();

    private Answer put(String fields) {
        return a.post("/v1/queue/put", "{\"endpoint\":\"/v1/x\",\"queue\":\"" + a.newQueue() + "\"" + fields + "}");
    }

    static Stream<Arguments> wrongPuts() {
        return Stream.of(
                Arguments.of("data", ""),
                Arguments.of("data", ",\"data\":null"),
                Arguments.of("data", ",\"data\":[]"),
                Arguments.of("data", ",\"data\":\"{}\""),
                Arguments.of("data", ",\"data\":1"),
                Arguments.of("endpoint", ",\"data\":{},\"endpoint\":null"),
                Arguments.of("endpoint", ",\"data\":{},\"endpoint\":\"" + "e".repeat(65) + "\""),
                Arguments.of("endpoint", ",\"data\":{},\"endpoint\":\"/v1/\\u0000\""),
                Arguments.of("endpoint", ",\"data\":{},\"endpoint\":{}"),
                Arguments.of("queue", ",\"data\":{},\"queue\":\"a b\""),
                Arguments.of("queue", ",\"data\":{},\"queue\":\"a:0\""),
                Arguments.of("queue", ",\"data\":{},\"queue\":\"a\\u0007\""),
                Arguments.of("queue", ",\"data\":{},\"queue\":\"" + "q".repeat(129) + "\""),
                Arguments.of("level", ",\"data\":{},\"level\":-1"),
                Arguments.of("level", ",\"data\":{},\"level\":10"),
                Arguments.of("level", ",\"data\":{},\"level\":2147483648"),
                Arguments.of("level", ",\"data\":{},\"level\":1e99"),
                Arguments.of("level", ",\"data\":{},\"level\":1.5"),
                Arguments.of("level", ",\"data\":{},\"level\":\"x\""),
                Arguments.of("level", ",\"data\":{},\"level\":[1]"),
                Arguments.of("response_mode", ",\"data\":{},\"response_mode\":\"later\""),
                Arguments.of("response_mode", ",\"data\":{},\"response_mode\":\"CALLBACK\""),
                Arguments.of("response_mode", ",\"data\":{},\"response_mode\":[]"),
                Arguments.of("callback_url", ",\"data\":{},\"callback_url\":\"http://h/" + "c".repeat(2048) + "\""),
                Arguments.of("callback_url", ",\"data\":{},\"callback_url\":\"ftp://host/x\""),
                Arguments.of("callback_url", ",\"data\":{},\"callback_url\":\"not a url\""),
                Arguments.of("timeout", ",\"data\":{},\"timeout\":99999999999"),
                Arguments.of("timeout", ",\"data\":{},\"timeout\":\"soon\""),
                Arguments.of("trace_id", ",\"data\":{},\"trace_id\":\"" + "t".repeat(129) + "\""),
                Arguments.of("trace_id", ",\"data\":{},\"trace_id\":\"a\\nb\""));
    }

    @ParameterizedTest
    @MethodSource("wrongPuts")
    void aPutWithAWrongFieldNamesIt(String field, String fields) {
        assertError(put(fields), 400).naming(field);
    }

    @Test
    void longestValuesAreTaken() {
        put(",\"data\":{},\"level\":9,\"endpoint\":\"" + "e".repeat(64) + "\",\"trace_id\":\"" + "ü".repeat(128)
                        + "\",\"callback_url\":\"http://127.0.0.1:1/" + "c".repeat(200) + "\"")
                .expect(200);
        put(",\"data\":{},\"endpoint\":\" \"").expect(200);
        put(",\"data\":{},\"level\":1,\"trace_id\":\"BATCH" + "b".repeat(123) + "\"")
                .expect(200);
        put(",\"data\":{},\"level\":1,\"trace_id\":\"BATCH-ü\"").expect(200);
    }

    /** Ids and names are kept in ASCII; what cannot be one of them is refused or not there, and breaks no query. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/tasks?batch=X",
                "/v1/tasks?text=X",
                "/v1/dead-letters?owner=X",
                "/v1/dead-letters?text=X",
                "/v1/keys/X",
                "/v1/keys?after=X",
                "/v1/keys/X/callback-secrets",
                "/v1/queues/X",
                "/v1/queues/X/callback-secrets",
                "/v1/queue/X/metadata",
                "/v1/channels/X",
                "/v1/channels?after=X",
                "/v1/workers/X",
                "/v1/workers/X/stats",
                "/v1/workers?after=X",
                "/v1/callbacks?after=X",
                "/v1/callbacks?queue=X",
                "/v1/batches/X",
                "/v1/batches?after=X",
                "/v1/files/X",
                "/v1/files?after=X",
                "/v1/files?purpose=X",
                "/v1/models/X"
            })
    void askingForWhatCannotBeFindsNothing(String path) {
        for (String wanted : new String[] {"%C3%BC", "BATCH-%F0%9F%98%80", "x".repeat(2000), "%00"}) {
            assertThat(a.get(path.replace("X", wanted)).status())
                    .as(path + " with " + wanted)
                    .isLessThan(500);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"parts", "complete", "cancel"})
    void anUploadThatCannotBeIsNotThere(String what) {
        for (String id : new String[] {"%C3%BC", "upload_%F0%9F%98%80", "x".repeat(2000)}) {
            assertThat(a.post("/v1/uploads/" + id + "/" + what, "{\"part_ids\":[\"ü\"]}")
                            .status())
                    .as(what + " of " + id)
                    .isBetween(400, 499);
        }
    }

    static Stream<Arguments> wrongTakes() {
        return Stream.of(
                Arguments.of("queues", "{\"size\":1}"),
                Arguments.of("queues", "{\"queues\":null,\"size\":1}"),
                Arguments.of("queues", "{\"queues\":[],\"size\":1}"),
                Arguments.of("queues", "{\"queues\":{},\"size\":1}"),
                Arguments.of("queues", "{\"queues\":[[\"q:0\"]],\"size\":1}"),
                Arguments.of("q", "{\"queues\":[\"q\"],\"size\":1}"),
                Arguments.of("q:x", "{\"queues\":[\"q:x\"],\"size\":1}"),
                Arguments.of("q:10", "{\"queues\":[\"q:10\"],\"size\":1}"),
                Arguments.of("q:-1", "{\"queues\":[\"q:-1\"],\"size\":1}"),
                Arguments.of("a b", "{\"queues\":[\"a b:0\"],\"size\":1}"),
                Arguments.of("name", "{\"queues\":[\"a\\u0000b:0\"],\"size\":1}"),
                Arguments.of("size", "{\"queues\":[\"q:0\"],\"size\":\"many\"}"),
                Arguments.of("size", "{\"queues\":[\"q:0\"],\"size\":99999999999}"),
                Arguments.of("strategy", "{\"queues\":[\"q:0\"],\"size\":1,\"strategy\":\"FIFO\"}"),
                Arguments.of("strategy", "{\"queues\":[\"q:0\"],\"size\":1,\"strategy\":\"best\"}"),
                Arguments.of("min_age_seconds", "{\"queues\":[\"q:0\"],\"size\":1,\"min_age_seconds\":1e30}"),
                Arguments.of("process_timeout", "{\"queues\":[\"q:0\"],\"size\":1,\"process_timeout\":\"x\"}"),
                Arguments.of("process_max_retries", "{\"queues\":[\"q:0\"],\"size\":1,\"process_max_retries\":-2}"),
                Arguments.of(
                        "worker_id", "{\"queues\":[\"q:0\"],\"size\":1,\"worker_id\":\"" + "w".repeat(129) + "\"}"),
                Arguments.of("worker_id", "{\"queues\":[\"q:0\"],\"size\":1,\"worker_id\":\"a\\nb\"}"));
    }

    @ParameterizedTest
    @MethodSource("wrongTakes")
    void aTakeWithAWrongFieldNamesIt(String named, String json) {
        assertError(a.take(json), 400).naming(named);
    }

    @Test
    void tenThousandQueuesInOneTakeAreTooMany() {
        String names =
                IntStream.range(0, 10_000).mapToObj(i -> "\"q" + i + ":0\"").collect(Collectors.joining(","));

        assertError(a.take("{\"queues\":[" + names + "],\"size\":1}"), 400).naming("queues");
    }

    static Stream<Arguments> noJson() {
        return Arrays.stream(POSTS).flatMap(path -> Stream.of(
                        "",
                        " ",
                        "x",
                        "{",
                        "}",
                        "{\"a\"}",
                        "{\"a\":}",
                        "{\"a\":1",
                        "[]",
                        "1",
                        "null",
                        "\"{}\"",
                        "{}{}",
                        "{'a':1}",
                        "{\"a\":tru}",
                        "{\"a\":\"\n\"}",
                        "{\"a\":01}",
                        "{\"a\":NaN}")
                .map(body -> Arguments.of(path, body)));
    }

    @ParameterizedTest
    @MethodSource("noJson")
    void whatIsNoJsonObjectIsRefused(String path, String body) {
        assertError(a.post("/v1/queue/" + path, body), 400);
    }

    @Test
    void brokenJsonIsRefusedWithItsPlace() {
        Answer answer = a.post("/v1/queue/put", "{\"endpoint\":\"/v1/x\",\n\"data\":{\"a\":!}}");

        assertError(answer, 400);
        assertThat(answer.json().path("message").asText()).contains("line 2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,}",
                "{\"a\":[1,]}",
                "{\"a\":.5}",
                "{\"a\":+1}",
                "{\"a\":0x1}",
                "{a:1}",
                "{\"a\":\"\\x\"}",
                "{/**/}",
                "{\"a\":Infinity}"
            })
    void userJsonIsTakenStrictly(String data) {
        assertError(put(",\"data\":" + data), 400);
        String id = a.putTask(Put.offline(a.newQueue()));
        assertError(a.complete(id, "{\"body\":" + data + "}"), 400);
        assertThat(a.status(id)).isEqualTo("waiting");
    }

    static Stream<byte[]> noUtf8() {
        byte[] start = "{\"endpoint\":\"/v1/x\",\"queue\":\"q\",\"data\":{\"a\":\"".getBytes(StandardCharsets.US_ASCII);
        byte[] end = "\"}}".getBytes(StandardCharsets.US_ASCII);
        return Stream.of(
                        new byte[] {(byte) 0xff},
                        new byte[] {(byte) 0xc3},
                        new byte[] {(byte) 0xc0, (byte) 0x80},
                        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                        new byte[] {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80})
                .map(wrong -> {
                    byte[] body = Arrays.copyOf(start, start.length + wrong.length + end.length);
                    System.arraycopy(wrong, 0, body, start.length, wrong.length);
                    System.arraycopy(end, 0, body, start.length + wrong.length, end.length);
                    return body;
                });
    }

    @ParameterizedTest
    @MethodSource("noUtf8")
    void whatIsNoUtf8IsRefused(byte[] body) {
        assertError(a.post("/v1/queue/put", body), 400);
    }

    @ParameterizedTest
    @ValueSource(ints = {101, 5_000, 1_000_000})
    void jsonThatIsNestedTooDeepIsRefused(int depth) {
        String bomb = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);

        assertError(put(",\"data\":" + bomb), 400);
        assertError(put(",\"data\":{},\"unknown\":" + bomb), 400);
        assertError(a.take("[".repeat(depth)), 400);
    }

    @Test
    void aBodyOverTheLimitIs413() {
        String large = "x".repeat(11 * 1024 * 1024);

        assertError(put(",\"data\":{\"a\":\"" + large + "\"}"), 413);
        assertError(a.complete("TASK-1-1-C-261122093258-0001-999999", "{\"body\":\"" + large + "\"}"), 413);
    }

    @Test
    void aBodyWithoutALengthIsLimitedToo() {
        byte[] chunk = new byte[1024 * 1024];
        Arrays.fill(chunk, (byte) ' ');
        HttpRequest request = a.request("/v1/queue/put")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArrays(
                        IntStream.range(0, 11).mapToObj(i -> chunk).toList()))
                .build();

        assertError(a.send(request), 413);
    }

    @Test
    void aBodyJustBelowTheLimitIsTaken() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue).data("{\"a\":\"" + "x".repeat(10 * 1024 * 1024 - 1000) + "\"}"));

        assertThat(a.take("fifo", 1, queue + ":1")).containsExactly(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "application/json; charset=utf-16"
            })
    void anotherContentTypeIs415(String type) {
        for (String path : POSTS) {
            assertError(
                    a.send(a.request("/v1/queue/" + path)
                            .header("Content-Type", type)
                            .POST(HttpRequest.BodyPublishers.ofString("{}"))
                            .build()),
                    415);
        }
    }

    @Test
    void aBodyWithoutAContentTypeIs415() {
        assertError(
                a.send(a.request("/v1/queue/put")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build()),
                415);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json;charset=utf-8", "application/json; charset=UTF-8", "APPLICATION/JSON"})
    void aCharsetThatIsUtf8IsFine(String type) {
        a.send(a.request("/v1/queue/put")
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(
                                Put.offline(a.newQueue()).json()))
                        .build())
                .expect(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v2/queue/put",
                "/v1/queue",
                "/v1/queue/x/y/z",
                "/index.html",
                "/WEB-INF/web.xml",
                "/carillon-error",
                "/v1/queue/x/metadata/y"
            })
    void anUnknownPathIs404InJson(String path) {
        assertError(a.get(path), 404);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/queue/register",
        "DELETE, /v1/queue/put",
        "PUT, /v1/queue/take",
        "GET, /v1/queue/TASK-1-1-C-261122093258-0001-999999/complete",
        "GET, /v1/queue/TASK-1-1-C-261122093258-0001-999999/cancel",
        "POST, /v1/tasks",
        "POST, /v1/queue/eventbus",
        "PATCH, /v1/keys",
        "BREW, /v1/queues"
    })
    void anotherMethodIs405InJson(String method, String path) {
        Answer answer = a.send(a.request(path)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());

        // A path of the shape /v1/queue/{task_id} takes what is no task id for one.
        assertThat(answer.status()).isIn(405, 400);
        assertError(answer, answer.status());
    }

    @Test
    void aRequestThatIsNoHttpDoesNotHarmTheServer() {
        try (RawConnection connection = new RawConnection(a, 0)) {
            connection.write("what is this?\r\n\r\n");
            assertThat(connection.readAll()).doesNotContain("Exception", "\tat ", "<html");
        }
        try (RawConnection connection = new RawConnection(a, 0)) {
            connection.write("POST /v1/queue/put HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + a.key()
                    + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"endpoint\":");
        }
        a.get("/v1/queue/eventbus").expect(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/queue/a%0Ab/metadata", "/v1/queue/%2e%2e%2f/metadata", "/v1/queue/a%20b:0/stats"})
    void strangePathsAreRefused(String path) {
        Answer answer = a.get(path);

        assertThat(answer.status()).isBetween(400, 404);
        assertError(answer, answer.status());
    }

    /** Such paths do not reach the application: the server itself refuses them, with nothing to read. */
    @ParameterizedTest
    @ValueSource(strings = {"/v1/queue/%00/metadata", "/v1/queue/%ff/metadata", "/v1/files/%00"})
    void pathsThatNoServerReadsAreRefused(String path) {
        assertThat(a.get(path).status()).isEqualTo(400);
    }
}
