package io.carillon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Refused;
import io.carillon.queue.Backoff.Type;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    @ParameterizedTest
    @CsvSource({
        "-1, 1000, 0, delay_ms",
        "86400001, 100000000, 0, delay_ms",
        "1000, 999, 0, max_ms",
        "1000, 604800001, 0, max_ms",
        "1000, 1000, -0.1, jitter",
        "1000, 1000, 1.01, jitter",
        "1000, 1000, NaN, jitter"
    })
    void whatIsOutOfRangeIsRefusedByName(long delay, long max, double jitter, String field) {
        assertThatThrownBy(() -> new Backoff(Type.FIXED, Duration.ofMillis(delay), Duration.ofMillis(max), jitter))
                .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.parameter())
                        .contains(field));
    }
}
