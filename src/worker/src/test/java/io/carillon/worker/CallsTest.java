package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallsTest {
    private final AtomicInteger sent = new AtomicInteger();

    @Test
    void whatPassesIsTriedAgainAndWhatDoesNotIsNot() throws Exception {
        Calls calls = new Calls();

        assertThat(calls.<String>tried(3, () -> true, () -> {
                    if (sent.incrementAndGet() < 3) {
                        throw sent.get() == 1 ? new IOException("reset") : new CallRefused(503, "busy", "0");
                    }
                    return "done";
                }))
                .isEqualTo("done");
        assertThatThrownBy(() -> calls.tried(3, () -> true, () -> {
                    sent.incrementAndGet();
                    throw new CallRefused(401, "who?", null);
                }))
                .isInstanceOf(CallRefused.class);
        assertThat(sent).hasValue(4);
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7",
        "60, 60",
        "61, 60",
        "999999999, 60",
        "'Fri, 31 Dec 2100 23:59:59 GMT', 60",
        "'Fri, 31 Dec 1999 23:59:59 GMT', 0"
    })
    void theServerIsLeftAloneAsLongAsItAsksForButNoLongerThanAMinute(String said, long seconds) {
        assertThat(new CallRefused(503, "busy", said).retryAfter()).hasValue(Duration.ofSeconds(seconds));
    }

    @Test
    void aRefusedCallerIsHeardOfAndTriesAgainUntilItIsLetIn() throws Exception {
        List<Integer> told = new ArrayList<>();

        assertThat(new Calls()
                        .<String>insisted(
                                () -> true, CallRefused::isMendable, refused -> told.add(refused.status()), () -> {
                                    if (sent.incrementAndGet() < 3) {
                                        throw new CallRefused(401, "who?", "0");
                                    }
                                    return "done";
                                }))
                .isEqualTo("done");
        assertThat(told).containsExactly(401, 401);
        assertThatThrownBy(() -> new Calls().insisted(() -> true, CallRefused::isMendable, refused -> {}, () -> {
                    throw new CallRefused(403, "not yours", null);
                }))
                .isInstanceOf(CallRefused.class);
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        String soon = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(50));

        assertThat(new CallRefused(503, "", " 7 ").retryAfter()).contains(Duration.ofSeconds(7));
        assertThat(new CallRefused(503, "", soon).retryAfter()).hasValueSatisfying(length -> assertThat(length)
                .isBetween(Duration.ofSeconds(20), Duration.ofSeconds(50)));
        assertThat(new CallRefused(503, "", "Sun, 06 Nov 1994 08:49:37 GMT").retryAfter())
                .contains(Duration.ZERO);
        assertThat(new CallRefused(503, "", "soon").retryAfter()).isEmpty();
        assertThat(new CallRefused(503, "", null).retryAfter()).isEmpty();
    }

    @Test
    void whatNobodyWantsAnyMoreIsNotTriedAgain() {
        Calls calls = new Calls();

        assertThatThrownBy(() -> calls.tried(9, () -> sent.get() < 2, () -> {
                    sent.incrementAndGet();
                    throw new IOException("away");
                }))
                .hasMessage("away");
        assertThat(sent).hasValue(2);
    }

    @Test
    void anOpenCircuitLetsOneCallTryAndClosesWhenItSucceeds() {
        Circuit circuit = new Circuit();
        long now = 0;
        for (int i = 0; i < 5; i++) {
            assertThat(circuit.pause(now)).isZero();
            circuit.failed(now);
        }
        assertThat(circuit.isOpen()).isTrue();
        assertThat(circuit.pause(now)).isPositive();

        long later = TimeUnit.MINUTES.toNanos(1);
        assertThat(circuit.pause(later)).isZero();
        assertThat(circuit.pause(later)).as("another, while the first tries").isPositive();
        circuit.succeeded();
        assertThat(circuit.pause(later)).isZero();
        assertThat(circuit.isOpen()).isFalse();
    }
}
