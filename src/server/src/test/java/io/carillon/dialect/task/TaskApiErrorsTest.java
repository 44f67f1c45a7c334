package io.carillon.dialect.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParseException;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.json.Json;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskApiErrorsTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1795311180006L), ZoneOffset.UTC);
    private final TaskApiErrors errors = new TaskApiErrors(CLOCK, false);
    private final TaskApiErrors likeBella = new TaskApiErrors(CLOCK, true);

    @Test
    void theBodyIsBellasWithAnErrorObject() {
        ErrorAnswer answer = errors.answer(new Refused(Reason.INVALID, "data cannot be null", "data"));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().text())
                .isEqualTo("{\"code\":400,\"message\":\"data cannot be null\",\"timestamp\":1795311180006,"
                        + "\"error\":{\"message\":\"data cannot be null\",\"type\":\"invalid_request_error\","
                        + "\"code\":\"400\",\"param\":\"data\"}}");
        assertThat(Json.raw(errors.body(new Refused(Reason.FULL, "Queue full"))).text())
                .doesNotContain("param");
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID, 400, 200, invalid_request_error",
        "UNAUTHENTICATED, 401, 401, authentication_error",
        "FORBIDDEN, 403, 200, permission_error",
        "UNKNOWN, 404, 200, not_found_error",
        "TIMEOUT, 408, 408, timeout_error",
        "CONFLICT, 409, 200, conflict_error",
        "TOO_LARGE, 413, 200, invalid_request_error",
        "UNSUPPORTED_TYPE, 415, 200, invalid_request_error",
        "FULL, 429, 200, rate_limit_error",
        "UNAVAILABLE, 503, 200, server_error"
    })
    void everyReasonHasItsStatus(Reason reason, int status, int statusLikeBella, String type) {
        Refused refused = new Refused(reason, "no");
        assertThat(errors.answer(refused).status()).isEqualTo(status);
        assertThat(likeBella.answer(refused).status()).isEqualTo(statusLikeBella);
        assertThat(likeBella.body(refused).code()).isEqualTo(status);
        assertThat(errors.body(refused).error().type()).isEqualTo(type);
    }

    @Test
    void aRefusalIsFoundInsideWhatAsynchronousCodeThrows() {
        Refused refused = new Refused(Reason.CONFLICT, "no");
        Throwable wrapped = new CompletionException(new ExecutionException(new CompletionException(refused)));
        assertThat(errors.answer(wrapped)).isEqualTo(errors.answer(refused));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "NULL",
            value = {
                "FULL, NULL, 1",
                "FULL, 0, 1",
                "FULL, 1, 1",
                "FULL, 1001, 2",
                "UNAVAILABLE, 30000, 30",
                "TIMEOUT, NULL, 1"
            })
    void whoeverMayTryAgainIsToldWhen(Reason reason, Long millis, String retryAfter) {
        Refused refused = new Refused(reason, "no", null, millis == null ? null : Duration.ofMillis(millis));
        assertThat(errors.answer(refused).headers()).containsEntry("Retry-After", retryAfter);
    }

    @Test
    void aMissingKeyIsAskedFor() {
        assertThat(errors.answer(new Refused(Reason.UNAUTHENTICATED, "no")).headers())
                .containsEntry("WWW-Authenticate", "Bearer");
    }

    @Test
    void malformedJsonIsTheCallersFault() {
        assertThat(errors.answer(new JsonParseException(null, "secret payload")).status())
                .isEqualTo(400);
        assertThat(errors.answer(new JsonParseException(null, "secret payload"))
                        .body()
                        .text())
                .doesNotContain("secret");
    }

    @Test
    void whatNobodyForesawIsLoggedOnceAndTheCallerGetsOnlyItsId() {
        List<LogRecord> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.carillon.platform.http.Problem");
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            Throwable failure = new IllegalStateException("secret");
            ErrorAnswer answer = errors.answer(new CompletionException(failure));

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.body().text()).doesNotContain("secret").doesNotContain("IllegalState");
            assertThat(logged).hasSize(1);
            assertThat(logged.get(0).getThrown()).isSameAs(failure);
            String id = logged.get(0).getMessage().replaceAll(".* ", "");
            assertThat(id).hasSize(36);
            assertThat(answer.body().text()).contains(id);
            assertThat(likeBella.answer(failure).status()).isEqualTo(200);
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }
}
