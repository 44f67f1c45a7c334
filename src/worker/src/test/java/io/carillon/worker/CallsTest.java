package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

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

    @Test
    void whatNobodyWantsAnyMoreIsNotTriedAgain() {
        Calls calls = new Calls();

        assertThatThrownBy(() -> calls.tried(Calls.WITHOUT_END, () -> sent.get() < 2, () -> {
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
