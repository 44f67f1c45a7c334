package io.carillon.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.batch.NewBatch;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.json.Json;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files and windows a batch may name (contract 3.2). */
class BatchFileAndWindowTest {
    private static NewBatch request(String file, String window) {
        byte[] body =
                Json.bytes(Map.of("input_file_id", file, "endpoint", "/v1/responses", "completion_window", window));
        return BatchRequest.of(new JsonBody(body), 10, "ck_test", null, null, Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"file-x", "", "file 1/ü😀", "../../x"})
    void whateverMayNameNoFileIsTaken(String file) {
        assertThat(request(file, "24h").inputFile()).isEqualTo(file);
        assertThat(request("x".repeat(512), "24h").inputFile()).hasSize(512);
    }

    @Test
    void whatIsTooLongToBeKeptIsRefused() {
        Refused refused = catchThrowableOfType(Refused.class, () -> request("x".repeat(513), "24h"));

        assertThat(refused.code()).contains("string_above_max_length");
        assertThat(refused.parameter()).contains("input_file_id");
    }

    @ParameterizedTest
    @CsvSource({"24h,PT24H", "90m,PT90M", "2h,PT2H", "30d,PT720H", "1m,PT1M", "720h,PT720H", "43200m,PT720H"})
    void aWindowIsAnyUpToThirtyDays(String window, Duration life) {
        assertThat(request("file-x", window).window()).isEqualTo(window);
        assertThat(request("file-x", window).life()).isEqualTo(life);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "24", "h", "0h", "01h", "31d", "721h", "43201m", "24H", "1w", "1s", "1.5h", "-1h", " 24h", "24h\n"
            })
    void anyOtherWindowIsRefused(String window) {
        Refused refused = catchThrowableOfType(Refused.class, () -> request("file-x", window));

        assertThat(refused.code()).contains("invalid_value");
        assertThat(refused.parameter()).contains("completion_window");
    }
}
