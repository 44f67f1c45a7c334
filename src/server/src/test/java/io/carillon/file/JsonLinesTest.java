package io.carillon.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLinesTest {
    private static boolean begin(String text, Charset charset) throws IOException {
        return JsonLines.begin(new ByteArrayInputStream(text.getBytes(charset)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1}",
                "{\"a\":[1,{\"b\":null}]}\nwhatever comes then",
                "\n \t\r\n{\"a\":1}\r\n{",
                "\f\n\u000b \n\t{}",
                "\uFEFF{}",
                "\uFEFF\n{}",
                "1",
                "\"text\" ",
                "null",
                "[]\n",
                "{\"ä\":\"漢\u2028字\"}",
                "123456789012345678901234567890123456789012345678901234567890e-300"
            })
    void firstLineWithOneValueIsEnough(String text) throws IOException {
        assertThat(begin(text, StandardCharsets.UTF_8)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " \n\r\n\t",
                "\f\n\u000b",
                "\f{}",
                "\u000b\t{}",
                "\uFEFF",
                "hello",
                "{\"a\":1",
                "{\"a\":1}x",
                "{} {}",
                "{\"a\":\n1}",
                "{a:1}",
                "'a'",
                "%PDF-1.7",
                "a,b,c\n{}",
                "[1,]",
                "01",
                "\"a",
                "\u0000"
            })
    void anythingElseIsNot(String text) throws IOException {
        assertThat(begin(text, StandardCharsets.UTF_8)).isFalse();
    }

    @Test
    void otherCharsetsAreNot() throws IOException {
        assertThat(begin("{\"a\":1}", StandardCharsets.UTF_16)).isFalse();
        assertThat(begin("{\"a\":1}", StandardCharsets.UTF_16LE)).isFalse();
        assertThat(begin("{\"a\":\"é\"}", StandardCharsets.ISO_8859_1)).isFalse();
    }

    /** In the same line the heap would be too small for it. */
    @Test
    void lineOfAnyLengthNeedsNoMemory() throws IOException {
        long length = 300_000_000;
        InputStream line = new InputStream() {
            private long at;

            @Override
            public int read() {
                long now = at++;
                return now == 0 || now == length - 1 ? '"' : now < length ? 'x' : -1;
            }

            @Override
            public int read(byte[] into, int offset, int count) {
                int b = read();
                if (b < 0) {
                    return -1;
                }
                into[offset] = (byte) b;
                int more = 1;
                while (more < count && at < length - 1) {
                    into[offset + more++] = 'x';
                    at++;
                }
                return more;
            }
        };
        System.gc();
        long before = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();

        assertThat(JsonLines.begin(line)).isTrue();

        System.gc();
        assertThat(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory() - before)
                .isLessThan(20_000_000);
    }
}
