package io.carillon.platform.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopeReaderTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  \n",
                "[]",
                "null",
                "1",
                "\"x\"",
                "{",
                "{} {}",
                "{},",
                "{}x",
                "{\"d\":1,,}",
                "{,}",
                "{\"d\"}",
                "{\"d\":}",
                "{\"d\":1 \"e\":2}",
                "{d:1}",
                "{'d':1}",
                "{\"d\":'x'}",
                "{\"d\":01}",
                "{\"d\":+1}",
                "{\"d\":.5}",
                "{\"d\":1.}",
                "{\"d\":1e}",
                "{\"d\":-}",
                "{\"d\":NaN}",
                "{\"d\":Infinity}",
                "{\"d\":0x10}",
                "{\"d\":truefalse}",
                "{\"d\":nul}",
                "{\"d\":True}",
                "{\"d\":\"\\x\"}",
                "{\"d\":\"\\u12g4\"}",
                "{\"d\":\"open}",
                "{\"d\":\"tab\there\"}",
                "{\"d\":\"nul\u0000here\"}",
                "{\"d\":\"line\nhere\"}",
                "{\"d\":[1,]}",
                "{\"d\":[,1]}",
                "{\"d\":[1 2]}",
                "{\"d\":{\"a\":1,}}",
                "{\"d\":{\"a\":{\"b\":[{},]}}}",
                "{\"d\":[1}}",
                "{\"d\":{]}",
                "{\"d\":[}",
                "{\"d\":1} // comment",
                "{\"d\":/* comment */1}",
                "{\u0000\"d\":1}",
                "{\"d\":\u00a01}",
            })
    void whatIsNotJsonIsRefused(String body) {
        assertRefused(body.getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> read(body.replace("\"d\"", "\"unread\"").getBytes(StandardCharsets.UTF_8)))
                .as("also in a field that nobody asks for")
                .isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                " {\n} ",
                "{\"d\":1,}",
                "{\"d\":{\"a\":1} , }",
                "{\"d\":\"\u007f\u2028\"}",
                "{\"d\":\"\\ud800\"}",
                "{\"d\":1e999999999}",
                "{\"\":{\"\":0}}"
            })
    void whatIsJsonIsRead(String body) {
        assertThatCode(() -> read(body.getBytes(StandardCharsets.UTF_8))).doesNotThrowAnyException();
    }

    @Test
    void trailingCommasAreForTheEnvelopeOnly() {
        EnvelopeReader fields = over("{\"list\":[\"a\",],\"worker\":{\"id\":\"w\",},\"data\":{\"x\":1},}");
        fields.next();
        assertThat(fields.texts(5)).containsExactly("a");
        fields.next();
        EnvelopeReader worker = fields.object();
        worker.next();
        assertThat(worker.text()).isEqualTo("w");
        assertThat(worker.next()).isFalse();
        fields.next();
        assertThat(fields.raw()).isEqualTo(RawJson.of("{\"x\":1}"));
        assertThat(fields.next()).isFalse();

        assertThatThrownBy(() -> {
                    EnvelopeReader strict = EnvelopeReader.overStrict("{\"d\":1,}".getBytes(StandardCharsets.UTF_8), 5);
                    while (strict.next()) {}
                })
                .isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE"})
    void otherEncodingsAreRefused(String encoding) {
        assertRefused("{\"d\":{\"a\":1}}".getBytes(Charset.forName(encoding)));
    }

    @ParameterizedTest
    @CsvSource({
        "ff, not a lead byte",
        "80, a tail alone",
        "c080, overlong",
        "c1bf, overlong",
        "e08080, overlong",
        "f0808080, overlong",
        "eda080, a surrogate",
        "f4908080, above the last character",
        "f5808080, above the last character",
        "c3, cut off",
        "e282, cut off",
        "f09f98, cut off",
        "c328, a wrong tail"
    })
    void brokenUtf8IsRefusedWhereItIs(String hex, String why) {
        byte[] broken = HexFormat.of().parseHex(hex);
        byte[] head = "{\n\"d\":\"é".getBytes(StandardCharsets.UTF_8);
        byte[] tail = "\"}".getBytes(StandardCharsets.UTF_8);
        byte[] body = new byte[head.length + broken.length + tail.length];
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(broken, 0, body, head.length, broken.length);
        System.arraycopy(tail, 0, body, head.length + broken.length, tail.length);

        assertThat(assertRefused(body)).as(why).hasMessage("The body is not UTF-8 at line 2, column 7");
    }

    @Test
    @Timeout(5)
    void nestingIsLimitedAndABombFailsFast() {
        assertThatCode(() -> read(bytes("{\"d\":" + "[".repeat(10) + "]".repeat(10) + "}")))
                .doesNotThrowAnyException();
        assertRefused(bytes("{\"d\":" + "[".repeat(11) + "]".repeat(11) + "}"));
        assertRefused(bytes("{\"d\":" + "[".repeat(100_000)));
        assertRefused(bytes("[".repeat(100_000)));
        assertRefused(bytes("{\"d\":".repeat(100_000)));
        assertRefused(bytes("{\"unknown\":" + "{\"a\":[".repeat(100_000)));
    }

    @Test
    @Timeout(20)
    void checkedObjectsMayBeOfAnyDepth() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        assertThat(RawJson.of("{\"a\":" + deep + ",\"b\":2}").field("b")).contains(RawJson.of("2"));
    }

    @Test
    void errorsNameLineColumnAndField() {
        Refused refused = assertRefused(bytes("{\"queue\":\"漢字\",\n \"d\": [1, x]}"));
        assertThat(refused.getMessage()).endsWith("at line 2, column 11").startsWith("This is not JSON");
        assertThat(assertRefused(bytes("{\"d\": 😀}"))).hasMessageContaining("Unexpected character");
        assertThat(assertRefused(bytes("{\"d\": [1")))
                .hasMessageStartingWith("This is not JSON: It ends too early, at line 1");
        assertThat(refused.parameter()).contains("d");
    }

    @Test
    void namesComeInBothSpellingsAndTheLastOfTwoWins() {
        EnvelopeReader fields = over("{\"minAgeSeconds\":1,\"min_age_seconds\":2}");
        List<String> names = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        while (fields.next()) {
            names.add(fields.name());
            keys.add(fields.key());
        }
        assertThat(names).containsExactly("min_age_seconds", "min_age_seconds");
        assertThat(keys).containsExactly("minAgeSeconds", "min_age_seconds");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "NULL",
            value = {
                "0, 0",
                "-0, 0",
                "42, 42",
                "\"42\", 42",
                "\" 42 \", 42",
                "\"-7\", -7",
                "60.0, 60",
                "1e2, 100",
                "0e999999999, 0",
                "9223372036854775807, 9223372036854775807",
                "null, NULL",
                "\"\", NULL"
            })
    void wholeNumbersAreRead(String json, Long value) {
        EnvelopeReader fields = over("{\"n\":" + json + "}");
        fields.next();
        assertThat(fields.number(Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.5",
                "1e-1",
                "1e999999999",
                "-1e999999999",
                "1e-999999999",
                "\"1e999999999\"",
                "9223372036854775808",
                "\"x\"",
                "\"1 2\"",
                "\"٣\"",
                "\"NaN\"",
                "true",
                "[]",
                "{}",
                "101",
                "-1"
            })
    @Timeout(5)
    void otherNumbersAreRefused(String json) {
        EnvelopeReader fields = over("{\"n\":" + json + "}");
        fields.next();
        Refused refused = catchThrowableOfType(Refused.class, () -> fields.number(0, 100));
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
        assertThat(refused.parameter()).contains("n");
    }

    @Test
    @Timeout(5)
    void tenThousandDigitsAreOutOfRangeForUsButPassInUserJson() {
        String digits = "9".repeat(10_000);
        EnvelopeReader fields = over("{\"n\":" + digits + "}");
        fields.next();
        assertThatThrownBy(() -> fields.integer(0, 10)).hasMessage("n is out of range");

        EnvelopeReader user = over("{\"data\":{\"n\":" + digits + "}}");
        user.next();
        assertThat(user.raw().text()).isEqualTo("{\"n\":" + digits + "}");
    }

    @Test
    void textMayBeANumberButNotHalfAPair() {
        EnvelopeReader fields = over("{\"a\":\"\\u00e9\",\"b\":12,\"c\":true,\"d\":null,\"e\":\"\\ud83d\\ude00\"}");
        List<String> texts = new ArrayList<>();
        while (fields.next()) {
            texts.add(fields.text());
        }
        assertThat(texts).containsExactly("é", "12", "true", null, "😀");

        EnvelopeReader half = over("{\"a\":\"\\ud83d\"}");
        half.next();
        assertThatThrownBy(half::text).isInstanceOf(Refused.class);
        EnvelopeReader list = over("{\"a\":[]}");
        list.next();
        assertThatThrownBy(list::text).hasMessage("a must be text, at line 1, column 6");
    }

    @Test
    void longListsAreCutShort() {
        EnvelopeReader fields = over("{\"a\":[\"x\",null,\"y\"]}");
        fields.next();
        assertThat(fields.texts(2)).containsExactly("x", "y");
        EnvelopeReader longer = over("{\"a\":[\"x\",\"y\",\"z\"]}");
        longer.next();
        assertThatThrownBy(() -> longer.texts(2)).hasMessage("a may have at most 2 elements");
    }

    @Test
    void anInnerObjectLeftInTheMiddleIsFinishedFirst() {
        EnvelopeReader fields = over("{\"a\":{\"x\":{\"y\":[1]},\"z\":2},\"b\":3}");
        fields.next();
        EnvelopeReader inner = fields.object();
        inner.next();
        assertThat(fields.next()).isTrue();
        assertThat(fields.name()).isEqualTo("b");
        assertThat(fields.next()).isFalse();
    }

    @Test
    void theWholeObjectComesWithoutWhatIsAround() {
        EnvelopeReader fields = over("\uFEFF \n{ \"a\" : \"é\" }\n ");
        while (fields.next()) {}
        assertThat(fields.whole().text()).isEqualTo("{ \"a\" : \"é\" }");
    }

    @Test
    void manyDifferentNamesAreNoProblem() {
        StringBuilder body = new StringBuilder("{\"data\":{");
        for (int i = 0; i < 200_000; i++) {
            body.append("\"name-").append(i * 7919L).append("\":").append(i).append(',');
        }
        body.setLength(body.length() - 1);
        EnvelopeReader fields = over(body + "}}");
        assertThat(Duration.ofSeconds(10)).isGreaterThan(timed(() -> {
            while (fields.next()) {
                fields.raw();
            }
        }));
    }

    private static Duration timed(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static Refused assertRefused(byte[] body) {
        Refused refused = catchThrowableOfType(Refused.class, () -> read(body));
        assertThat(refused).isNotNull();
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
        return refused;
    }

    private static void read(byte[] body) {
        EnvelopeReader fields = EnvelopeReader.over(body, 10);
        while (fields.next()) {
            if (fields.name().equals("d")) {
                fields.raw();
            }
        }
    }

    private static EnvelopeReader over(String body) {
        return EnvelopeReader.over(bytes(body), 10);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
