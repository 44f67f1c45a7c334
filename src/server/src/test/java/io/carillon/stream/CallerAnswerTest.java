package io.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerAnswerTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"status_code\":200,\"body\":{\"n\": 1.10,\"z\":null}} | 200 | {\"n\": 1.10,\"z\":null}",
                "{\"status_code\":\"429\",\"body\":{}}           | 429 | {}",
                "{\"body\":\"plain\"}                            | 200 | \"plain\"",
                "{\"status_code\":201}                           | 201 | {}",
                "{\"status_code\":500,\"body\":null}             | 500 | {}",
                "{\"status_code\":500,\"error\":\"no \\\"GPU\\\"\"} | 500 | {\"error\":{\"message\":\"no \\\"GPU\\\"\"}}",
                "{\"status_code\":500,\"error\":{\"code\":7}}    | 500 | {\"error\":{\"code\":7}}",
                "{\"status_code\":599,\"body\":[1]}              | 599 | [1]",
                "{}                                              | 200 | {}",
            })
    void callerGetsTheWorkersStatusAndBody(String completion, int status, String body) {
        CallerAnswer answer = CallerAnswer.of(RawJson.of(completion));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body().text()).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource({"100", "199", "600", "999"})
    void statusThatHttpDoesNotKnowBecomesBadGateway(int status) {
        CallerAnswer answer = CallerAnswer.of(RawJson.of("{\"status_code\":" + status + ",\"body\":{\"a\":1}}"));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.body().text()).contains("\"code\":\"" + status + "\"").endsWith("\"body\":{\"a\":1}}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"soon\" | \"soon\"",
                "0         | \"0\"",
                "1000      | \"1000\"",
                "-1        | \"-1\"",
                "{\"a\":1} | \"{\\\"a\\\":1}\"",
            })
    void statusThatIsNoneBecomesBadGatewayWithTheBody(String status, String code) {
        CallerAnswer answer = CallerAnswer.of(RawJson.of("{\"status_code\":" + status + ",\"body\":{\"a\":1}}"));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.body().text()).contains("\"code\":" + code + "}").endsWith("\"body\":{\"a\":1}}");
    }

    @Test
    void whatIsNoObjectBecomesBadGateway() {
        assertThat(CallerAnswer.of(RawJson.of("[1]")).status()).isEqualTo(502);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"error\":{\"message\":\"m\"},\"x\":1} | {\"error\":{\"message\":\"m\"}}",
                "{\"error\":\"m\"} | {\"error\":{\"message\":\"m\"}}",
                "[1] | {\"error\":{\"message\":\"The task ended with status 500\",\"type\":\"server_error\",\"code\":\"500\",\"body\":[1]}}",
            })
    void errorEventSaysWhatTheWorkerSaid(String body, String event) {
        assertThat(new CallerAnswer(500, RawJson.of(body)).asError().text()).isEqualTo(event);
    }
}
