package io.carillon.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.batch.NewBatch;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long the result files of a batch are kept (contract 2.6 and 3.2). */
class BatchRequestTest {
    private static Optional<Duration> outputLife(String more) {
        String body = "{\"input_file_id\":\"file-x\",\"endpoint\":\"/v1/responses\",\"completion_window\":\"24h\""
                + more + "}";
        NewBatch wanted = BatchRequest.of(
                new JsonBody(body.getBytes(StandardCharsets.UTF_8)), 10, "ck_test", null, null, Optional.empty());
        return wanted.outputLife();
    }

    private static String expires(String value) {
        return ",\"output_expires_after\":" + value;
    }

    @ParameterizedTest
    @ValueSource(longs = {3_600, 86_400, 2_592_000})
    void filesAreKeptSoLong(long seconds) {
        assertThat(outputLife(expires("{\"anchor\":\"created_at\",\"seconds\":" + seconds + "}")))
                .contains(Duration.ofSeconds(seconds));
    }

    @Test
    void filesAreKeptForEverUnlessSomebodySaysHowLong() {
        assertThat(outputLife("")).isEmpty();
        assertThat(outputLife(expires("null"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | missing_required_parameter | output_expires_after.anchor",
                "{\"seconds\":3600} | missing_required_parameter | output_expires_after.anchor",
                "{\"anchor\":null,\"seconds\":3600} | missing_required_parameter | output_expires_after.anchor",
                "{\"anchor\":\"created_at\"} | missing_required_parameter | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":null} | missing_required_parameter | output_expires_after.seconds",
                "{\"anchor\":\"last_active_at\",\"seconds\":3600} | invalid_value | output_expires_after.anchor",
                "{\"anchor\":1,\"seconds\":3600} | invalid_type | output_expires_after.anchor",
                "{\"anchor\":\"created_at\",\"seconds\":3599} | integer_below_min_value | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":-1} | integer_below_min_value | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":2592001} | integer_above_max_value | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":99999999999999999999} | integer_above_max_value"
                        + " | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":3600.5} | invalid_type | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":\"3600\"} | invalid_type | output_expires_after.seconds",
                "{\"anchor\":\"created_at\",\"seconds\":3600,\"days\":1} | unknown_parameter | output_expires_after.days",
                "3600 | invalid_type | output_expires_after",
                "[] | invalid_type | output_expires_after"
            })
    void refusesAnyOtherLife(String value, String code, String param) {
        Refused refused = catchThrowableOfType(Refused.class, () -> outputLife(expires(value)));

        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
        assertThat(refused.code()).contains(code);
        assertThat(refused.parameter()).contains(param);
        assertThat(refused).hasMessageContaining(param);
    }
}
