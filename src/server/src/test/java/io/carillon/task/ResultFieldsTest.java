package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultFieldsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|200",
                "{\"status_code\":null}|200",
                "{\"status_code\":201}|201",
                "{\"status_code\":\"408\"}|408",
                "{\"statusCode\":503}|503",
                "{\"status_code\":100}|100",
                "{\"status_code\":999}|999",
                "{\"status_code\":500,\"status_code\":200}|200"
            })
    void statusCodeIsANumberOrItsText(String result, int statusCode) {
        assertThat(ResultFields.of(RawJson.of(result)).statusCode()).isEqualTo(statusCode);
    }

    @ParameterizedTest
    @ValueSource(strings = {"99", "1000", "-1", "\"ok\"", "true", "{}", "200.5", "99999999999999999999"})
    void otherStatusCodesAreRefused(String statusCode) {
        assertThatThrownBy(() -> ResultFields.of(RawJson.of("{\"status_code\":" + statusCode + "}")))
                .isInstanceOf(Refused.class);
    }

    @Test
    void ofAResultWhoseStatusIsNoneTheWorkersOwnErrorIsKept() {
        ResultFields fields = ResultFields.ofAny(RawJson.of("{\"status_code\":0,\"error\":\"no GPU\"}"));
        assertThat(fields.statusCode()).isEqualTo(502);
        assertThat(fields.isAnswer()).isFalse();
        assertThat(fields.failure()).contains("no GPU");
        assertThat(ResultFields.ofAny(RawJson.of("{\"status_code\":0,\"status_code\":201}"))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void bodyAndErrorComeAsTheyWereSent() {
        ResultFields fields = ResultFields.of(RawJson.of("{\"body\": {\"a\" : null} ,\"error\":\"no\",\"x\":1}"));
        assertThat(fields.body()).contains(RawJson.of("{\"a\" : null}"));
        assertThat(fields.error()).contains(RawJson.of("\"no\""));
        assertThat(fields.isSuccess()).isTrue();

        ResultFields nothing = ResultFields.of(RawJson.of("{\"body\":null,\"error\":null,\"status_code\":300}"));
        assertThat(nothing.body()).isEmpty();
        assertThat(nothing.error()).isEmpty();
        assertThat(nothing.isSuccess()).isFalse();
    }

    @Test
    void onlyAnObjectIsAResult() {
        assertThatThrownBy(() -> ResultFields.of(RawJson.of("[1]"))).isInstanceOf(Refused.class);
    }
}
