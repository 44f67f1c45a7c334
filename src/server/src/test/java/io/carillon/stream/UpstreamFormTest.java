package io.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class UpstreamFormTest {

    static Stream<Arguments> pieces() {
        return Stream.of(
                // What a worker sends as JSON goes out as it was written
                piece("message", "{\"a\": 1e-7,\"n\":null}", "data: {\"a\": 1e-7,\"n\":null}\n\n"),
                piece(null, "[1, 2]", "data: [1, 2]\n\n"),
                piece("", "\"[DONE]\"", "data: [DONE]\n\n"),
                piece("response.created", "{}", "event: response.created\ndata: {}\n\n"),
                piece("a\nb", "{}", "event: a b\ndata: {}\n\n"),
                piece(null, "{\"a\":\n1}", "data: {\"a\":\ndata: 1}\n\n"),
                // Lines of an upstream's own stream go out to the byte
                piece("message", "\"data: {\\\"a\\\":1}\"", "data: {\"a\":1}\n\n"),
                piece("message", "\"data:[DONE]\\n\"", "data:[DONE]\n\n"),
                piece("x", "\"event: x\\ndata: 1\\n\\n\"", "event: x\ndata: 1\n\n"),
                piece("x", "\"data: 1\\r\\n\\r\\n\"", "data: 1\r\n\r\n"),
                piece("x", "\"data: 1\\r\\nid: 7\"", "data: 1\r\nid: 7\r\n\r\n"),
                piece("x", "\"event: x\"", "event: x\n"),
                piece("x", "\": ping\"", ": ping\n"),
                piece("x", "\"data: 1\\n\\ndata: 2\\n\\n\"", "data: 1\n\ndata: 2\n\n"),
                piece("x", "\"\\n\"", ""),
                piece("x", "null", ""));
    }

    private static Arguments piece(String name, String data, String sent) {
        return Arguments.of(name, data, sent);
    }

    @ParameterizedTest
    @MethodSource("pieces")
    void aPieceGoesOutAsTheUpstreamWouldSendIt(String name, String data, String sent) {
        byte[] bytes = EventForm.UPSTREAM.piece(new Progress("7", name, RawJson.of(data)));

        assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(sent);
    }

    @Test
    void nothingIsSentForNoData() {
        assertThat(EventForm.UPSTREAM.piece(new Progress("7", "message", null))).isEmpty();
    }

    @Test
    void anAnswerWithoutPiecesIsOnePieceAndTheEnd() {
        assertThat(new String(EventForm.UPSTREAM.whole(RawJson.of("{\"a\":1}")), StandardCharsets.UTF_8))
                .isEqualTo("data: {\"a\":1}\n\ndata: [DONE]\n\n");
    }
}
