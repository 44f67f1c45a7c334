package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class StagesTest {
    @Test
    void aPortionThatFailsLeavesWhatWasDoneBeforeAndNothingIsDoneAfterIt() {
        IllegalStateException broken = new IllegalStateException("broken");
        List<List<Integer>> seen = new ArrayList<>();

        List<Outcome<String>> outcomes = Waiting.on(Stages.inPortions(List.of(1, 2, 3, 4, 5), 2, portion -> {
            seen.add(portion);
            return portion.contains(3)
                    ? CompletableFuture.failedStage(broken)
                    : CompletableFuture.completedStage(
                            portion.stream().map(String::valueOf).toList());
        }));

        assertThat(outcomes)
                .containsExactly(
                        Outcome.of("1"),
                        Outcome.of("2"),
                        Outcome.failed(broken),
                        Outcome.failed(broken),
                        Outcome.failed(broken));
        assertThat(seen).containsExactly(List.of(1, 2), List.of(3, 4));
    }

    @Test
    void whatIsThrownAtOnceFailsThePortion() {
        IllegalStateException broken = new IllegalStateException("broken");

        List<Outcome<String>> outcomes = Waiting.on(Stages.inPortions(List.of(1), 2, portion -> {
            throw broken;
        }));

        assertThat(outcomes).containsExactly(Outcome.failed(broken));
    }
}
