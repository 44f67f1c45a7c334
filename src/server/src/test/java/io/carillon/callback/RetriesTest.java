package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {
    private static final Duration DAY = Duration.ofDays(1);

    private final Retries retries = Retries.standard(() -> 0.5);

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 5", "3, 10", "4, 20", "5, 40", "6, 80", "11, 2560", "12, 3600", "1000, 3600"})
    void attemptsAreMadeAtGrowingDistances(int attempt, int seconds) {
        assertThat(retries.delayAfter(status(503), attempt, DAY)).hasValue(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource({"1, 1500, 2500", "2, 3750, 6250", "4, 15000, 25000"})
    void attemptsAreSpread(int attempt, int first, int last) {
        assertThat(Retries.standard(() -> 0).delayAfter(status(503), attempt, DAY))
                .hasValue(Duration.ofMillis(first));
        assertThat(Retries.standard(() -> 1).delayAfter(status(503), attempt, DAY))
                .hasValue(Duration.ofMillis(last));
    }

    @Test
    void thoseWhoWereAskedToComeLaterComeLaterAndNotTogether() {
        Answer busy = Answer.of(503, Duration.ofSeconds(100), new byte[0]);

        assertThat(Retries.standard(() -> 0).delayAfter(busy, 1, DAY)).hasValue(Duration.ofSeconds(100));
        assertThat(Retries.standard(() -> 1).delayAfter(busy, 1, DAY)).hasValue(Duration.ofSeconds(110));
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504, 599})
    void answerThatMayPassIsTriedAgainForADay(int status) {
        assertThat(retries.delayAfter(status(status), 25, DAY)).isPresent();
    }

    @Test
    void missingAnswerIsTriedAgainForADay() {
        assertThat(retries.delayAfter(Answer.none("refused"), 25, DAY)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 301, 302, 307, 400, 401, 404, 410, 422})
    void answerThatWillNotPassIsGivenUpAfterFourAttempts(int status) {
        assertThat(retries.delayAfter(status(status), 3, DAY)).isPresent();
        assertThat(retries.delayAfter(status(status), 4, DAY)).isEmpty();
    }

    @Test
    void forbiddenAddressIsGivenUpAfterFourAttempts() {
        assertThat(retries.delayAfter(Answer.hopeless("private"), 3, DAY)).isPresent();
        assertThat(retries.delayAfter(Answer.hopeless("private"), 4, DAY)).isEmpty();
    }

    @Test
    void callbackIsGivenUpWhenTheNextAttemptWouldComeTooLate() {
        assertThat(retries.delayAfter(status(503), 5, Duration.ofSeconds(40))).isPresent();
        assertThat(retries.delayAfter(status(503), 5, Duration.ofSeconds(39))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "30, 30", "3600, 3600", "86400, 3600", "-5, 2"})
    void retryAfterIsHonouredWithinBounds(int asked, int seconds) {
        Answer busy = Answer.of(429, Duration.ofSeconds(asked), new byte[0]);
        Retries retries = new Retries(List.of(Duration.ofSeconds(2)), () -> asked > 2 ? 0 : 0.5);
        assertThat(retries.delayAfter(busy, 1, DAY)).isEqualTo(Optional.of(Duration.ofSeconds(seconds)));
    }

    private static Answer status(int status) {
        return Answer.of(status, null, new byte[0]);
    }
}
