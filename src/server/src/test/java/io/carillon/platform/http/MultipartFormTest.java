package io.carillon.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartFormTest {
    private static final String TYPE = "multipart/form-data; boundary=XX";

    private static List<String> read(String type, byte[] body) {
        List<String> parts = new ArrayList<>();
        MultipartForm.read(
                type,
                new ByteArrayInputStream(body),
                1000,
                part -> parts.add(part.name() + "|" + part.fileName().orElse("-") + "|" + part.text()));
        return parts;
    }

    private static byte[] form(String text) {
        return text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void partsComeInTheirOrderWithTheirNames() {
        byte[] body = form(
                """
                preamble
                --XX
                Content-Type: application/octet-stream
                Content-Disposition: form-data; name="file"; filename="dir/ä ü 漢.jsonl"

                {"a":1}

                --XX
                content-disposition: form-data; name=purpose
                Content-Type: text/plain; charset=utf-8

                batch
                --XX
                Content-Disposition: form-data; name="expires_after[seconds]"

                3600
                --XX--
                epilogue""");

        assertThat(read(TYPE, body))
                .containsExactly(
                        "file|dir/ä ü 漢.jsonl|{\"a\":1}\r\n", "purpose|-|batch", "expires_after[seconds]|-|3600");
        assertThat(read("Multipart/Form-Data; charset=utf-8; boundary=\"XX\"", body))
                .hasSize(3);
    }

    @Test
    void extendedAndEmptyFileNamesAreNames() {
        byte[] body = form(
                """
                --XX
                Content-Disposition: form-data; name="a"; filename*=UTF-8''%E2%82%AC.txt

                1
                --XX
                Content-Disposition: form-data; name="b"; filename=""

                2
                --XX--
                """);

        assertThat(read(TYPE, body)).containsExactly("a|€.txt|1", "b||2");
    }

    @Test
    void whatLooksLikeABoundaryIsData() throws IOException {
        byte[] body = form(
                """
                --XX
                Content-Disposition: form-data; name="a"

                -- XX
                --X
                \r--X\r
                --XX--
                """);

        assertThat(read(TYPE, body).get(0)).startsWith("a|-|-- XX\r\n--X\r\n\r--X\r");
    }

    @Test
    void anyBytesAreReadAsTheyAre() {
        byte[] data = new byte[3_000_001];
        new Random(7).nextBytes(data);
        byte[] head = form("--XX\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\n\n");
        byte[] tail = form("\n--XX--\n");
        byte[] body = new byte[head.length + data.length + tail.length];
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(data, 0, body, head.length, data.length);
        System.arraycopy(tail, 0, body, head.length + data.length, tail.length);
        List<byte[]> read = new ArrayList<>();

        MultipartForm.read(
                TYPE,
                new ByteArrayInputStream(body),
                0,
                part -> read.add(part.bytes().readAllBytes()));

        assertThat(read.get(0)).isEqualTo(data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not a form",
                "--XX\n",
                "--XX\nContent-Disposition: form-data; name=\"a\"",
                "--XX\nContent-Disposition: form-data; name=\"a\"\n\nbroken of",
                "--XX\nContent-Disposition: form-data; name=\"a\"\n\nx\n--XX",
                "--XX\nContent-Disposition: form-data; name=\"a\"\n\nx\n--XXyz\n",
                "--YY\nContent-Disposition: form-data; name=\"a\"\n\nx\n--YY--\n"
            })
    void brokenBodyIsRefused(String body) {
        assertThatThrownBy(() -> read(TYPE, form(body)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "null",
                "application/json",
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/mixed; boundary=XX",
                "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901"
            })
    void otherTypesAreRefused(String type) {
        assertThatThrownBy(() -> read(type, form("--XX--"))).isInstanceOf(Refused.class);
    }

    @Test
    void restOfARefusedBodyIsReadUpToALimit() {
        long[] read = new long[1];
        byte[] head = form("--XX\nContent-Disposition: form-data; name=\"a\"\n\n");
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return read[0] < head.length ? head[(int) read[0]++] : (int) (read[0]++ & 0x3F);
            }
        };

        assertThatThrownBy(() -> MultipartForm.read(TYPE, endless, 1 << 20, part -> {
                    throw new Refused(Reason.INVALID, "no");
                }))
                .hasMessage("no");
        assertThat(read[0]).isBetween(1L << 20, (1L << 20) + (1 << 18));
    }
}
