package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Payloads;
import io.carillon.it.support.Put;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Callers who read events: contract 7.3, to the byte, for workers on the bus and over HTTP. */
class StreamingIT {
    private static BusWorker bus;
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    enum Way {
        HTTP {
            @Override
            void progress(Server server, JsonNode task, String id, String name, String data) {
                server.progress(
                                Server.id(task),
                                "{\"event_id\":" + id + ",\"event_name\":" + name + ",\"event_data\":" + data + "}")
                        .expect(200);
            }

            @Override
            void complete(Server server, JsonNode task, String result) {
                server.complete(Server.id(task), result).expect(200);
            }

            @Override
            void progressTooLate(Server server, JsonNode task) {
                progress(server, task, "\"2\"", "\"m\"", "2");
            }
        },
        BUS {
            @Override
            void progress(Server server, JsonNode task, String id, String name, String data) {
                bus.append(
                        task,
                        "task-progress-event",
                        "{\"taskId\":\"" + Server.id(task) + "\",\"eventId\":" + id + ",\"eventName\":" + name
                                + ",\"eventData\":" + data + "}");
            }

            @Override
            void complete(Server server, JsonNode task, String result) {
                bus.complete(task, result);
            }

            @Override
            void progressTooLate(Server server, JsonNode task) {
                bus.progress(task, "2", "m", "2");
            }
        };

        abstract void progress(Server server, JsonNode task, String id, String name, String data);

        abstract void complete(Server server, JsonNode task, String result);

        abstract void progressTooLate(Server server, JsonNode task);
    }

    @BeforeAll
    static void findTheBus() {
        bus = new BusWorker(Whole.a());
    }

    @AfterAll
    static void leaveTheBus() {
        bus.close();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void framesAreAsTheContractShowsThem(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "\"0\"", "\"message\"", "{\"choices\":[{\"delta\":{\"content\":\"He\"}}]}");
            way.progress(a, task, "\"1\"", "\"message\"", "{\"choices\":[{\"delta\":{\"content\":\"llo\"}}]}");
            way.progress(a, task, "\"2\"", "\"message\"", "\"[DONE]\"");
            way.complete(a, task, "{\"status_code\":200,\"stream\":true}");

            assertThat(caller.frames())
                    .containsExactly(
                            "id:0\nevent:message\ndata:{\"choices\":[{\"delta\":{\"content\":\"He\"}}]}\n\n",
                            "id:1\nevent:message\ndata:{\"choices\":[{\"delta\":{\"content\":\"llo\"}}]}\n\n",
                            "id:2\nevent:message\ndata:[DONE]\n\n");
            assertThat(caller.head().statusCode()).isEqualTo(200);
            assertThat(caller.head().headers().firstValue("Content-Type").orElse(""))
                    .startsWith("text/event-stream");
        }
    }

    static Stream<Arguments> datas() {
        return Stream.of(
                        new String[] {"\"raw text\"", "data:raw text\n"},
                        new String[] {"\"data: {\\\"a\\\":1} \"", "data:{\"a\":1}\n"},
                        new String[] {"\"data:[DONE]\"", "data:[DONE]\n"},
                        new String[] {"\"one\\ntwo\\n\\nfour\"", "data:one\ndata:two\ndata:\ndata:four\n"},
                        new String[] {"\"one\\r\\ntwo\\rthree\"", "data:one\ndata:two\ndata:three\n"},
                        new String[] {"\"\"", "data:\n"},
                        new String[] {"12.50", "data:12.50\n"},
                        new String[] {"true", "data:true\n"},
                        new String[] {"[1,null,\"x\"]", "data:[1,null,\"x\"]\n"},
                        new String[] {
                            "{\"z\":null,\"a\":12345678901234567890123}",
                            "data:{\"z\":null,\"a\":12345678901234567890123}\n"
                        },
                        new String[] {"\"日本語 🎼 \\u00e9\"", "data:日本語 🎼 é\n"},
                        new String[] {"{\"ü\":\"\\u00e9 🎼\"}", "data:{\"ü\":\"\\u00e9 🎼\"}\n"})
                .flatMap(row -> Stream.of(Way.values()).map(way -> Arguments.of(way, row[0], row[1])));
    }

    @ParameterizedTest
    @MethodSource("datas")
    void eventDataBecomesTheseLines(Way way, String data, String lines) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "\"7\"", "\"delta\"", data);
            way.complete(a, task, "{}");

            assertThat(caller.frames()).containsExactly("id:7\nevent:delta\n" + lines + "\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anIdOrNameThatIsMissingIsLeftOut(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "null", "null", "1");
            way.progress(a, task, "\"1\"", "null", "2");
            way.progress(a, task, "null", "\"n\"", "3");
            way.complete(a, task, "{}");

            assertThat(caller.frames()).containsExactly("data:1\n\n", "id:1\ndata:2\n\n", "event:n\ndata:3\n\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void missingEventDataDoesNotBreakTheStream(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "\"1\"", "\"n\"", "null");
            way.progress(a, task, "\"2\"", "\"n\"", "2");
            way.complete(a, task, "{}");

            List<String> frames = caller.frames();
            assertThat(frames).endsWith("id:2\nevent:n\ndata:2\n\n").hasSizeBetween(1, 2);
            assertThat(frames)
                    .allSatisfy(frame -> assertThat(frame).endsWith("\n\n").doesNotContain("null"));
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anEventOfAMegabyteComesWhole(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "\"1\"", "\"n\"", Payloads.LARGE);
            way.complete(a, task, "{}");

            assertThat(caller.frames()).containsExactly("id:1\nevent:n\ndata:" + Payloads.LARGE + "\n\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void manyEventsComeInTheirOrderBeforeTheEndOnWhicheverServerTheWorkerIs(Way way) {
        String queue = a.newQueue();
        List<String> expected = new ArrayList<>();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = b.takeOne(queue + ":0");
            for (int i = 0; i < 300; i++) {
                way.progress(b, task, "\"" + i + "\"", "\"m\"", "" + i);
                expected.add("id:" + i + "\nevent:m\ndata:" + i + "\n\n");
            }
            way.complete(b, task, "{\"status_code\":200}");

            assertThat(caller.frames()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void eventsAfterTheEndAreDropped(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "\"1\"", "\"m\"", "1");
            way.complete(a, task, "{}");
            way.progressTooLate(a, task);

            assertThat(caller.frames()).containsExactly("id:1\nevent:m\ndata:1\n\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anErrorBeforeTheFirstEventIsARealStatus(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            way.complete(
                    a,
                    a.takeOne(queue + ":0"),
                    "{\"status_code\":429,\"body\":{\"error\":{\"message\":\"slow down\"}}}");

            assertThat(caller.head().statusCode()).isEqualTo(429);
            assertThat(caller.head().headers().firstValue("Content-Type").orElse(""))
                    .startsWith("application/json");
            assertThat(caller.body()).isEqualTo("{\"error\":{\"message\":\"slow down\"}}");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anErrorAfterEventsIsALastEvent(Way way) throws Exception {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            JsonNode task = a.takeOne(queue + ":0");
            way.progress(a, task, "\"1\"", "\"m\"", "1");
            way.complete(
                    a,
                    task,
                    "{\"status_code\":500,\"body\":{\"error\":{\"message\":\"boom\",\"type\":\"t\",\"code\":\"c\"}}}");

            List<String> frames = caller.frames();
            assertThat(frames).hasSize(2).startsWith("id:1\nevent:m\ndata:1\n\n");
            assertThat(errorOf(frames.get(1)).path("message").asText()).isEqualTo("boom");
        }
    }

    private static JsonNode errorOf(String frame) throws Exception {
        assertThat(frame).matches("event:error\ndata:\\{[^\n]*}\n\n");
        return new ObjectMapper()
                .readTree(frame.substring(frame.indexOf("data:") + 5))
                .required("error");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aBodyWithoutEventsIsOneMessage(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            way.complete(a, a.takeOne(queue + ":0"), "{\"status_code\":200,\"body\":{\"whole\":null}}");

            assertThat(caller.frames()).containsExactly("event:message\ndata:{\"whole\":null}\n\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anEndWithoutAnythingIsAnEmptyStream(Way way) {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            way.complete(a, a.takeOne(queue + ":0"), "{\"status_code\":200,\"stream\":true}");

            assertThat(caller.frames()).isEmpty();
            assertThat(caller.head().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void noAnswerInTimeIs408() {
        Answer answer = a.put(Put.streaming(a.newQueue()).timeout(1));

        assertError(answer, 408);
    }

    @Test
    void noEndInTimeIsALastEvent() throws Exception {
        String queue = a.newQueue();
        try (SseReader caller = SseReader.put(a, Put.streaming(queue).timeout(2))) {
            JsonNode task = a.takeOne(queue + ":0");
            Way.HTTP.progress(a, task, "\"1\"", "\"m\"", "1");

            List<String> frames = caller.frames();
            assertThat(frames).hasSize(2).startsWith("id:1\nevent:m\ndata:1\n\n");
            assertThat(errorOf(frames.get(1)).path("code").asText()).isEqualTo("408");
        }
    }

    @Test
    void cancellingEndsTheStream() {
        String queue = a.newQueue();
        try (SseReader silent = SseReader.put(a, Put.streaming(queue))) {
            a.cancel(Server.id(a.takeOne(queue + ":0"))).expect(202);

            assertThat(silent.head().statusCode()).isEqualTo(408);
            assertThat(silent.body()).contains("cancelled");
        }
    }

    @Test
    void aCallerWhoHangsUpCancelsTheTask() {
        String queue = a.newQueue();
        JsonNode task;
        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            task = a.takeOne(queue + ":0");
            bus.progress(task, "1", "m", "1");
            caller.frame();
        }

        // It is noticed when something is written to the caller who is gone.
        Eventually.get(
                () -> {
                    bus.progress(task, "2", "m", "2");
                    return a.status(Server.id(task));
                },
                "cancelled"::equals);
        assertThat(a.complete(Server.id(task), "{}").expect(200).header("X-Carillon-Accepted"))
                .contains("false");
    }

    @Test
    void aReaderWhoStopsReadingHoldsUpNobodyElse() {
        String queue = a.newQueue();
        String chunk = "\"" + "x".repeat(60_000) + "\"";
        try (RawConnection stalled = new RawConnection(a, 4096)) {
            stalled.post("/v1/queue/put", Put.streaming(queue).json());
            JsonNode flooded = a.takeOne(queue + ":0");
            for (int i = 0; i < 100; i++) {
                bus.progress(flooded, "" + i, "m", chunk);
            }
            long start = System.nanoTime();
            for (int i = 0; i < 5; i++) {
                try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
                    JsonNode task = a.takeOne(queue + ":0");
                    bus.progress(task, "1", "m", "1");
                    assertThat(caller.frame()).isEqualTo("id:1\nevent:m\ndata:1\n\n");
                    bus.complete(task, "{}");
                    assertThat(caller.frames()).isEmpty();
                }
                CompletableFuture<Answer> blocked = a.putLater(Put.blocking(queue));
                bus.complete(a.takeOne(queue + ":0"), "{\"body\":1}");
                blocked.join().expect(200);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void progressForAnUnknownTaskIs404AndForOneThatEndedItIsRefused() {
        String id = a.putTask(Put.offline(a.newQueue()));
        a.complete(id, "{}").expect(200);

        assertThat(a.progress(id, "{\"event_data\":1}").status()).isIn(404, 409);
        assertError(a.progress(id.replaceFirst("\\d{6}$", "999999"), "{\"event_data\":1}"), 404);
        assertError(a.progress("nonsense", "{\"event_data\":1}"), 400);
    }
}
