package io.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // data as JSON            | lines of data, `~` for a line feed
                "{\"a\": [1, null]}        | data:{\"a\": [1, null]}~",
                "[1,2]                     | data:[1,2]~",
                "12345678901234567890.10   | data:12345678901234567890.10~",
                "true                      | data:true~",
                "\"text\"                  | data:text~",
                "\"\"                      | data:~",
                "\"Grüße \\u4f60\\ud83d\\ude00\" | data:Grüße 你😀~",
                "\"data:[DONE]\"           | data:[DONE]~",
                "\"data: {\\\"n\\\":1}\\n\\n\" | data:{\"n\":1}~",
                "\"one\\ntwo\"             | data:one~data:two~",
                "\"one\\r\\ntwo\\rthree\\n\" | data:one~data:two~data:three~data:~",
                "\" data: x\"              | data: data: x~",
            })
    void dataKeepsTheFormThatTheWorkerGaveIt(String json, String lines) {
        assertThat(text(new Frame("7", "message", RawJson.of(json))))
                .isEqualTo("id:7\nevent:message\n" + lines.replace('~', '\n') + "\n");
    }

    @Test
    void prettyPrintedJsonStaysOneEvent() {
        assertThat(text(new Frame(null, null, RawJson.of("{\n \"a\":1\r\n}"))))
                .isEqualTo("data:{\ndata: \"a\":1\ndata:}\n\n");
    }

    @Test
    void whatIsMissingIsLeftOut() {
        assertThat(text(new Frame(null, "message", RawJson.of("1")))).isEqualTo("event:message\ndata:1\n\n");
        assertThat(text(new Frame("1", null, null))).isEqualTo("id:1\ndata:\n\n");
    }

    @Test
    void idAndNameCannotBreakTheFrame() {
        assertThat(text(new Frame("1\n\ndata:x", "a\r\nb", null))).isEqualTo("id:1  data:x\nevent:a  b\ndata:\n\n");
    }

    private static String text(Frame frame) {
        return new String(frame.bytes(), StandardCharsets.UTF_8);
    }
}
