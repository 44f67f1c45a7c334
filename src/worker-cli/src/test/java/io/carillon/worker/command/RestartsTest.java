package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long a child that died waits, and when it is given up. Contract: runqy 4.1. */
class RestartsTest {
    private static final Duration BRIEF = Duration.ofMillis(10);

    private static Restarts restarts(int deaths) {
        return new Restarts(new Restarts.Policy(
                true, deaths, Duration.ofSeconds(1), Duration.ofSeconds(5), 3, Duration.ofMinutes(10)));
    }

    @Test
    void pausesGrowUpToTheLongestUntilItIsGivenUp() {
        Restarts restarts = restarts(4);

        assertThat(restarts.died(BRIEF)).hasValue(Duration.ofSeconds(1));
        assertThat(restarts.died(BRIEF)).hasValue(Duration.ofSeconds(3));
        assertThat(restarts.died(BRIEF)).hasValue(Duration.ofSeconds(5));
        assertThat(restarts.died(BRIEF)).isEmpty();
        assertThat(restarts.inARow()).isEqualTo(4);
    }

    @Test
    void deathsAreForgottenWhenItRanWellAlsoAcrossTasksThatTookTooLong() {
        Restarts restarts = restarts(2);
        restarts.died(BRIEF);
        restarts.killed(Duration.ofMinutes(6));

        assertThat(restarts.died(Duration.ofMinutes(6))).hasValue(Duration.ofSeconds(1));
        restarts.killed(Duration.ofMinutes(6));
        assertThat(restarts.died(BRIEF)).isEmpty();
    }

    @Test
    void withoutRestartsTheFirstDeathIsTheLast() {
        Restarts.Policy never =
                new Restarts.Policy(false, 5, Duration.ofSeconds(1), Duration.ofSeconds(5), 2, Duration.ofMinutes(10));

        assertThat(new Restarts(never).died(Duration.ofHours(1))).isEmpty();
        assertThatThrownBy(() -> restarts(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
