package io.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.json.RawJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BusEventTest {
    private static final int DEPTH = 10;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"taskId\":\"T\",\"eventId\":\"1\",\"eventName\":\"m\",\"eventData\":{\"a\": null}}",
                "{\"task_id\":\"T\",\"event_id\":1,\"event_name\":\"m\",\"event_data\":{\"a\": null},\"more\":[]}",
                "\"{\\\"taskId\\\":\\\"T\\\",\\\"eventId\\\":\\\"1\\\",\\\"eventName\\\":\\\"m\\\",\\\"eventData\\\":{\\\"a\\\": null}}\"",
            })
    void progressIsReadInEverySpelling(String payload) {
        BusEvent expected = new BusEvent.Progressed(
                "T", OptionalInt.empty(), new Progress("1", "m", RawJson.of("{\"a\": null}")), false);

        assertThat(BusEvent.parse(entry("name", BusEvent.PROGRESS, "from", "", "payload", payload), DEPTH, false))
                .contains(expected);
        assertThat(BusEvent.parse(
                        entry(
                                "event",
                                "{\"name\":\"task-progress-event\",\"payload\":" + payload + ",\"timestamp\":1}"),
                        DEPTH,
                        false))
                .contains(expected);
    }

    @Test
    void completionKeepsItsResultByteForByte() {
        String result = "{\"status_code\":\"200\", \"body\":{\"n\":0.10,\"b\":12345678901234567890,\"z\":null}}";

        assertThat(BusEvent.parse(
                        entry("name", BusEvent.COMPLETION, "payload", "{\"taskId\":\"T\",\"result\":" + result + "}"),
                        DEPTH,
                        false))
                .contains(new BusEvent.Completed("T", OptionalInt.empty(), RawJson.of(result)));
    }

    @Test
    void whatIsMissingIsEmpty() {
        assertThat(BusEvent.parse(entry("name", BusEvent.COMPLETION, "payload", "{\"taskId\":\"T\"}"), DEPTH, false))
                .contains(new BusEvent.Completed("T", OptionalInt.empty(), RawJson.of("{}")));
        assertThat(BusEvent.parse(entry("name", BusEvent.PROGRESS, "payload", "{\"taskId\":\"T\"}"), DEPTH, false))
                .contains(new BusEvent.Progressed("T", OptionalInt.empty(), new Progress(null, null, null), false));
    }

    @Test
    void otherEventsAreIgnored() {
        assertThat(BusEvent.parse(entry("name", "heartbeat", "payload", "not JSON"), DEPTH, false))
                .isEmpty();
        assertThat(BusEvent.parse(entry("a", "1", "b", "2"), DEPTH, false)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "{\"taskId\":\"T\",\"eventData\":}",
                "{\"eventData\":1}",
                "\"text\"",
                "{\"taskId\":\"T\",\"eventData\":[[[[[[[[[[[[1]]]]]]]]]]]]}",
            })
    void brokenPayloadIsRefused(String payload) {
        assertThatThrownBy(() -> BusEvent.parse(entry("name", BusEvent.PROGRESS, "payload", payload), DEPTH, false))
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void whatAnInstanceWritesAnotherReads() {
        BusEvent progressed =
                new BusEvent.Progressed("T", OptionalInt.empty(), new Progress("ä\n", null, RawJson.of("\"x\"")), true);
        BusEvent completed = new BusEvent.Completed("T", OptionalInt.empty(), RawJson.of("{\"a\":1}"));

        assertThat(BusEvent.parse(progressed.entry(), DEPTH, true)).contains(progressed);
        assertThat(BusEvent.parse(completed.entry(), DEPTH, true)).contains(completed);
    }

    @Test
    void onlyAnInstanceCanSayThatAnEventIsKept() {
        BusEvent.Progressed kept =
                new BusEvent.Progressed("T", OptionalInt.empty(), new Progress("1", "m", null), true);

        assertThat(BusEvent.parse(kept.entry(), DEPTH, false))
                .contains(new BusEvent.Progressed("T", OptionalInt.empty(), kept.progress(), false));
    }

    @Test
    void theSealIsOfThatSecretStreamAndPayload() {
        Seal seal = new Seal("secret");
        Map<String, byte[]> entry = seal.put("a", entry("payload", "{}"));

        assertThat(seal.isOn("a", entry)).isTrue();
        assertThat(seal.isOn("b", entry)).isFalse();
        assertThat(new Seal("other").isOn("a", entry)).isFalse();
        assertThat(seal.isOn("a", entry("payload", "{}"))).isFalse();
        entry.put("payload", "{ }".getBytes(StandardCharsets.UTF_8));
        assertThat(seal.isOn("a", entry)).isFalse();
    }

    private static Map<String, byte[]> entry(String... fields) {
        Map<String, byte[]> entry = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            entry.put(fields[i], fields[i + 1].getBytes(StandardCharsets.UTF_8));
        }
        return entry;
    }
}
