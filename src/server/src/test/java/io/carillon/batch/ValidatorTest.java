package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each row of the tables 5.1 to 5.3 of the contract. */
class ValidatorTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String GOOD = "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
            + "\"body\":{\"model\":\"m\",\"messages\":[]}}";
    private static final Validator.Limits LIMITS = new Validator.Limits(5, 6, 10_000, 100);

    private static Validator.Verdict verdict(String endpoint, byte[] file) {
        try {
            return new Validator(LIMITS).validate(new ByteArrayInputStream(file), Endpoint.of(endpoint), () -> {});
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Validator.Verdict verdict(String file) {
        return verdict(CHAT, file.getBytes(StandardCharsets.UTF_8));
    }

    private static String errors(Validator.Verdict verdict) {
        return verdict.errors().stream()
                .map(e -> e.code() + " " + e.line() + " " + e.param())
                .collect(Collectors.joining(", "));
    }

    private static String line(String customId, String body) {
        return "{\"custom_id\":\"" + customId + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                + body + "}";
    }

    static Stream<Arguments> badLines() {
        return Stream.of(
                Arguments.of("{", "invalid_json_line 1 null"),
                Arguments.of(GOOD + " x", "invalid_json_line 1 null"),
                Arguments.of(GOOD.replace("[]", "[1,]"), "invalid_json_line 1 null"),
                Arguments.of(GOOD.replace("}}", "}"), "invalid_json_line 1 null"),
                Arguments.of("\u00a0", "invalid_json_line 1 null"),
                Arguments.of("[1]", "invalid_request 1 null"),
                Arguments.of("17", "invalid_request 1 null"),
                Arguments.of("17 x", "invalid_json_line 1 null"),
                Arguments.of(GOOD.replace("\"custom_id\":\"a\",", ""), "missing_required_parameter 1 custom_id"),
                Arguments.of(GOOD.replace("\"a\"", "null"), "missing_required_parameter 1 custom_id"),
                Arguments.of(GOOD.replace("\"a\"", "7"), "invalid_type 1 custom_id"),
                Arguments.of(GOOD.replace("\"a\"", "\"\""), "string_below_min_length 1 custom_id"),
                Arguments.of(GOOD.replace("\"a\"", "\"\\ud800\""), "invalid_request 1 custom_id"),
                Arguments.of(
                        GOOD.replace("\"a\"", "\"" + "x".repeat(513) + "\""), "string_above_max_length 1 custom_id"),
                Arguments.of(GOOD.replace("\"method\":\"POST\",", ""), "missing_required_parameter 1 method"),
                Arguments.of(GOOD.replace("\"POST\"", "true"), "invalid_type 1 method"),
                Arguments.of(GOOD.replace("POST", "post"), "invalid_method 1 method"),
                Arguments.of(GOOD.replace("\"url\":\"/v1/chat/completions\",", ""), "missing_required_parameter 1 url"),
                Arguments.of(GOOD.replace("\"/v1/chat/completions\"", "[]"), "invalid_type 1 url"),
                Arguments.of(GOOD.replace("/v1/chat", "/chat"), "invalid_url 1 url"),
                Arguments.of(
                        "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\"}",
                        "missing_required_parameter 1 body"),
                Arguments.of(line("a", "null"), "missing_required_parameter 1 body"),
                Arguments.of(line("a", "[]"), "invalid_type 1 body"),
                Arguments.of(line("a", "\"x\""), "invalid_type 1 body"),
                Arguments.of(line("a", "{\"messages\":[]}"), "invalid_request 1 body.model"),
                Arguments.of(line("a", "{\"model\":7,\"messages\":[]}"), "invalid_request 1 body.model"),
                Arguments.of(line("a", "{\"model\":\"\",\"messages\":[]}"), "invalid_request 1 body.model"),
                Arguments.of(line("a", "{\"model\":\"m\"}"), "invalid_request 1 body.messages"),
                Arguments.of(line("a", "{\"model\":\"m\",\"messages\":\"hi\"}"), "invalid_request 1 body.messages"),
                Arguments.of(
                        line("a", "{\"model\":\"m\",\"messages\":[],\"stream\":true}"),
                        "streaming_unsupported 1 body.stream"),
                Arguments.of(
                        "{\"custom_id\":7,\"url\":\"/x\",\"method\":\"GET\"}",
                        "invalid_type 1 custom_id, invalid_method 1 method, invalid_url 1 url,"
                                + " missing_required_parameter 1 body"),
                Arguments.of(GOOD + "\n" + GOOD, "duplicate_custom_id 2 custom_id"),
                Arguments.of(
                        GOOD + "\n" + line("b", "{\"model\":\"n\",\"messages\":[]}"), "mismatched_model 2 body.model"),
                Arguments.of("\n \t\n" + GOOD.replace("POST", "GET"), "invalid_method 3 method"),
                Arguments.of(
                        GOOD + "\n\uFEFF" + line("b", "{\"model\":\"m\",\"messages\":[]}"), "invalid_json_line 2 null"),
                Arguments.of(
                        line("a", "{\"model\":\"m\",\"messages\":[" + "[".repeat(120) + "]".repeat(120) + "]}"),
                        "invalid_request 1 null"),
                Arguments.of(
                        line("a", "{\"model\":\"m\",\"messages\":[\"" + "x".repeat(11_000) + "\"]}"),
                        "invalid_request 1 null"),
                Arguments.of("", "empty_file null null"),
                Arguments.of("\n\r\n  \n", "empty_file null null"));
    }

    @ParameterizedTest
    @MethodSource("badLines")
    void saysWhatIsWrongWithALine(String file, String expected) {
        assertThat(errors(verdict(file))).isEqualTo(expected);
    }

    static Stream<Arguments> goodLines() {
        return Stream.of(
                Arguments.of(GOOD),
                Arguments.of("\uFEFF" + GOOD),
                Arguments.of(GOOD + "\r\n" + line("b", "{\"model\":\"m\",\"messages\":[]}") + "\r\n"),
                Arguments.of("\n" + GOOD + "\n\n"),
                Arguments.of(GOOD.replace("{\"custom", "{\"extra\":[{}],\"custom")),
                Arguments.of(GOOD.replace("[]", "[],\"stream\":false")),
                Arguments.of(GOOD.replace("\"a\"", "\"\\\" \u2028 \\u0000 \u00fc\"")),
                Arguments.of(GOOD.replace("\"a\"", "\"" + "\uD83D\uDE00".repeat(512) + "\"")),
                Arguments.of(GOOD.replace("\"custom_id\":\"a\"", "\"custom_id\":7,\"custom_id\":\"a\"")));
    }

    @ParameterizedTest
    @MethodSource("goodLines")
    void acceptsWhatTheContractAllows(String file) {
        Validator.Verdict verdict = verdict(file);

        assertThat(verdict.errors()).isEmpty();
        assertThat(verdict.model()).isEqualTo("m");
        assertThat(verdict.total()).isPositive();
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                Arguments.of("/v1/responses", "{\"model\":\"m\"}", ""),
                Arguments.of("/v1/responses", "{}", "invalid_request 1 body.model"),
                Arguments.of("/v1/embeddings", "{\"model\":\"m\",\"input\":\"x\"}", ""),
                Arguments.of("/v1/embeddings", "{\"model\":\"m\",\"input\":[1,2,3,4,5,6,7,8]}", ""),
                Arguments.of("/v1/embeddings", "{\"model\":\"m\",\"input\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]}", ""),
                Arguments.of(
                        "/v1/embeddings",
                        "{\"model\":\"m\",\"input\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]}",
                        "too_many_tasks null body.input"),
                Arguments.of("/v1/embeddings", "{\"model\":\"m\",\"input\":7}", "invalid_request 1 body.input"),
                Arguments.of("/v1/completions", "{\"model\":\"m\",\"prompt\":\"x\"}", ""),
                Arguments.of("/v1/completions", "{\"model\":\"m\"}", "invalid_request 1 body.prompt"),
                Arguments.of("/v1/moderations", "{\"input\":\"x\"}", ""),
                Arguments.of("/v1/moderations", "{}", "invalid_request 1 body.input"),
                Arguments.of("/v1/images/generations", "{\"prompt\":\"x\"}", ""),
                Arguments.of("/v1/images/edits", "{}", "invalid_request 1 body.prompt"),
                Arguments.of("/v1/videos", "{\"prompt\":\"x\"}", ""),
                Arguments.of("/v1/rerank", "{\"anything\":1,\"stream\":true}", ""),
                Arguments.of("/v1/rerank", "[]", "invalid_type 1 body"));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void knowsWhatEachEndpointNeeds(String endpoint, String body, String expected) {
        String line = "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"" + endpoint + "\",\"body\":" + body + "}";

        assertThat(errors(verdict(endpoint, line.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(expected);
    }

    @Test
    void tooManyRequestsAreOneError() {
        String file = IntStream.range(0, 9)
                .mapToObj(i -> line("c" + i, "{\"model\":\"m\",\"messages\":[]}"))
                .collect(Collectors.joining("\n"));

        assertThat(errors(verdict(file))).isEqualTo("too_many_tasks null null");
    }

    @Test
    void anInvalidByteIsNoJson() {
        byte[] file = GOOD.getBytes(StandardCharsets.UTF_8);
        file[15] = (byte) 0xff;

        assertThat(errors(verdict(CHAT, file))).isEqualTo("invalid_json_line 1 null");
    }

    @Test
    void utf16IsNoJson() {
        assertThat(errors(verdict(CHAT, GOOD.getBytes(StandardCharsets.UTF_16LE))))
                .isEqualTo("invalid_json_line 1 null");
    }

    @Test
    void reportsAHundredErrorsAndReadsNoFurther() throws IOException {
        Validator many = new Validator(new Validator.Limits(100_000, 100_000, 10_000, 100));
        byte[] file = "x\n".repeat(5_000).getBytes(StandardCharsets.UTF_8);
        int[] lines = {0};

        Validator.Verdict verdict = many.validate(new ByteArrayInputStream(file), Endpoint.of(CHAT), () -> lines[0]++);

        assertThat(verdict.errors()).hasSize(100);
        assertThat(verdict.errors().get(99).line()).isEqualTo(100);
        assertThat(lines[0]).isEqualTo(100);
    }

    @Test
    void aBodyIsCutOutAsItCame() throws IOException {
        String body =
                "{ \"model\" : \"m\" , \"n\":123456789012345678901234567890, \"e\":1.0e-7,\"u\":\"\\u00e9\",\"z\":null"
                        + " }";
        String file = "\uFEFF" + line("a", body) + "\n\n" + line("b", body);

        try (LineReader lines = new LineReader(bytes(file), 0, 10_000)) {
            assertThat(lines.next()).isTrue();
            assertThat(RequestLine.of(lines.bytes(), 100).body().text()).isEqualTo(body);
            long offset = lines.offset();
            byte[] whole = file.getBytes(StandardCharsets.UTF_8);
            try (LineReader rest =
                    new LineReader(new ByteArrayInputStream(whole, (int) offset, whole.length), offset, 10_000)) {
                assertThat(rest.next()).isTrue();
                assertThat(rest.isBlank()).isTrue();
                assertThat(rest.next()).isTrue();
                assertThat(RequestLine.of(rest.bytes(), 100).customId().text()).isEqualTo("b");
                assertThat(rest.next()).isFalse();
            }
        }
    }

    private static InputStream bytes(String file) {
        return new ByteArrayInputStream(file.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void linesAreCutAtLineEndsOnlyHoweverTheBytesCome() throws IOException {
        String file = "a\u2028b\rc\r\n" + "x".repeat(200_000) + "\n\nlast";
        InputStream drip = new InputStream() {
            private final InputStream all = bytes(file);

            @Override
            public int read() throws IOException {
                return all.read();
            }

            @Override
            public int read(byte[] to, int from, int length) throws IOException {
                return all.read(to, from, Math.min(length, 7));
            }
        };

        try (LineReader lines = new LineReader(drip, 0, 300_000)) {
            List<String> read = new java.util.ArrayList<>();
            while (lines.next()) {
                read.add(new String(lines.bytes(), StandardCharsets.UTF_8));
            }
            assertThat(read).containsExactly("a\u2028b\rc", "x".repeat(200_000), "", "last");
            assertThat(lines.offset()).isEqualTo(file.getBytes(StandardCharsets.UTF_8).length);
        }
    }

    @Test
    void seenIdsForgetNone() {
        SeenIds seen = new SeenIds();
        for (int i = 0; i < 50_000; i++) {
            assertThat(seen.add("id-" + i)).isTrue();
        }
        for (int i = 0; i < 50_000; i += 7) {
            assertThat(seen.add("id-" + i)).isFalse();
        }
        assertThat(seen.contains("id-50000")).isFalse();
        assertThat(seen.size()).isEqualTo(50_000);
    }
}
