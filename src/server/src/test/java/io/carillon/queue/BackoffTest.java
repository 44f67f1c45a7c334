package io.carillon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Refused;
import io.carillon.queue.Backoff.Type;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    @ParameterizedTest
    @CsvSource({
        "FIXED,       500, 1, 500",
        "FIXED,       500, 9, 500",
        "EXPONENTIAL, 500, 1, 500",
        "EXPONENTIAL, 500, 2, 1000",
        "EXPONENTIAL, 500, 4, 4000",
        "EXPONENTIAL, 500, 6, 10000",
        "EXPONENTIAL, 500, 2000000000, 10000",
        "EXPONENTIAL, 0, 2000000000, 0",
        "EXPONENTIAL, 500, 0, 500"
    })
    void anExponentialDelayDoublesUpToTheLongest(Type type, long delay, int failures, long expected) {
        Backoff backoff = new Backoff(type, Duration.ofMillis(delay), Duration.ofSeconds(10), 0);

        assertThat(backoff.before(failures, 0.7)).isEqualTo(Duration.ofMillis(expected));
    }

    @Test
    void jitterShortensADelayByNoMoreThanItsPart() {
        Backoff backoff = new Backoff(Type.FIXED, Duration.ofSeconds(10), Duration.ofSeconds(10), 0.2);

        assertThat(backoff.before(1, 0)).isEqualTo(Duration.ofSeconds(10));
        assertThat(backoff.before(1, 0.5)).isEqualTo(Duration.ofSeconds(9));
        assertThat(backoff.before(1, 1)).isEqualTo(Duration.ofSeconds(8));
    }

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
