package io.carillon.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.ErrorAnswer;
import jakarta.ws.rs.InternalServerErrorException;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.NotSupportedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiErrorsTest {
    private final OpenAiErrors errors = new OpenAiErrors();

    @Test
    void allFourFieldsAreAlwaysThere() {
        assertThat(errors.answer(new Refused(Reason.INVALID, "no")).body().text())
                .isEqualTo("{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\",\"param\":null,"
                        + "\"code\":null}}");
        assertThat(errors.answer(Invalid.missing("model")).body().text())
                .isEqualTo("{\"error\":{\"message\":\"Missing required parameter: 'model'.\",\"type\":"
                        + "\"invalid_request_error\",\"param\":\"model\",\"code\":\"missing_required_parameter\"}}");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                "INVALID, 400, invalid_request_error, p, null, false",
                "FORBIDDEN, 403, invalid_request_error, null, insufficient_permissions, false",
                "UNKNOWN, 404, invalid_request_error, p, null, false",
                "TIMEOUT, 504, server_error, p, timeout, false",
                "CONFLICT, 409, invalid_request_error, p, null, false",
                "TOO_LARGE, 413, invalid_request_error, p, null, false",
                "UNSUPPORTED_TYPE, 415, invalid_request_error, null, unsupported_media_type, false",
                "FULL, 429, requests, null, rate_limit_exceeded, true",
                "UNAVAILABLE, 503, server_error, p, null, true"
            })
    void everyReasonHasItsStatusTypeAndCode(
            Reason reason, int status, String type, String param, String code, String retry) {
        ErrorAnswer answer = errors.answer(new Refused(reason, "no", "p"));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body().text()).isEqualTo(error(type, param, code));
        assertThat(answer.headers()).containsEntry("x-should-retry", retry);
    }

    private static String error(String type, String param, String code) {
        return "{\"error\":{\"message\":\"no\",\"type\":\"" + type + "\",\"param\":" + quoted(param) + ",\"code\":"
                + quoted(code) + "}}";
    }

    private static String quoted(String text) {
        return text == null ? "null" : '"' + text + '"';
    }

    @Test
    void whatTheContainerRefusesHasACodeToo() {
        assertThat(errors.answer(new NotFoundException()).body().text()).contains("\"code\":\"unknown_url\"");
        assertThat(errors.answer(new NotAllowedException("POST")).body().text())
                .contains("\"code\":\"method_not_supported\"", "it takes POST");
        assertThat(errors.answer(new NotSupportedException()).body().text())
                .contains("\"code\":\"unsupported_media_type\"");
    }

    @Test
    void whatNobodyForesawIs500AndTellsNothing() {
        for (Throwable failure : new Throwable[] {
            new IllegalStateException("at the table task"),
            new StackOverflowError(),
            new CompletionException(new IOException("/var/lib/x is not there")),
            new InternalServerErrorException("by the container")
        }) {
            ErrorAnswer answer = errors.answer(failure);

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.body().text())
                    .matches(
                            "\\{\"error\":\\{\"message\":\"The server failed; its log says why under error id [0-9a-f-]{36}\","
                                    + "\"type\":\"server_error\",\"param\":null,\"code\":null}}");
            assertThat(answer.headers()).containsEntry("x-should-retry", "true");
        }
    }

    @Test
    void waitIsToldInSecondsAndMilliseconds() {
        ErrorAnswer answer = errors.answer(new Refused(Reason.FULL, "no", null, Duration.ofMillis(1500)));
        assertThat(answer.headers()).containsEntry("Retry-After", "2").containsEntry("retry-after-ms", "1500");

        assertThat(errors.answer(new Refused(Reason.UNAVAILABLE, "no")).headers())
                .containsEntry("Retry-After", "1")
                .containsEntry("retry-after-ms", "1000");
        assertThat(errors.answer(new Refused(Reason.TIMEOUT, "no")).headers()).doesNotContainKey("Retry-After");
    }

    @ParameterizedTest
    @CsvSource({
        "v1/chat/completions, true",
        "/v1/nothing, true",
        "/v1, true",
        "/v1/, true",
        "/v1/queues-of-mine, true",
        "/v1/queue/put, false",
        "v1/keys, false",
        "/v1/queue, false",
        "/v2/files, false",
        "/, false"
    })
    void whatNoOtherDialectHasIsOpenAis(String path, boolean ours) {
        assertThat(OpenAiPaths.contains(path)).isEqualTo(ours);
    }

    @ParameterizedTest
    @CsvSource({"0, 0s", "1, 1ms", "999, 999ms", "1000, 1s", "8640, 8.64s", "59999, 59.999s", "360000, 6m0s"})
    void durationsLookAsOpenAiWritesThem(long millis, String text) {
        assertThat(CallerFilter.duration(Duration.ofMillis(millis))).isEqualTo(text);
    }
}
