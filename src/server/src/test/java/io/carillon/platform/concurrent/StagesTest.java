package io.carillon.platform.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class StagesTest {
    @Test
    void aPortionThatFailsLeavesWhatWasDoneBeforeAndNothingIsDoneAfterIt() {
        IllegalStateException broken = new IllegalStateException("broken");
        List<List<Integer>> seen = new ArrayList<>();

        List<Outcome<String>> outcomes = Stages.inPortions(List.of(1, 2, 3, 4, 5), 2, portion -> {
                    seen.add(portion);
                    return portion.contains(3)
                            ? CompletableFuture.failedStage(broken)
                            : CompletableFuture.completedStage(
                                    portion.stream().map(String::valueOf).toList());
                })
                .toCompletableFuture()
                .join();

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
    void whatIsDoneIsToldAlsoWhenTheExecutorIsStopping() {
        Executor stopping = work -> {
            throw new RejectedExecutionException();
        };

        assertThat(Stages.on(stopping, CompletableFuture.completedStage("done")).toCompletableFuture())
                .isCompletedWithValue("done");
    }

    @Test
    void whatIsThrownAtOnceFailsThePortion() {
        IllegalStateException broken = new IllegalStateException("broken");

        List<Outcome<String>> outcomes = Stages.<Integer, String>inPortions(List.of(1), 2, portion -> {
                    throw broken;
                })
                .toCompletableFuture()
                .join();

        assertThat(outcomes).containsExactly(Outcome.failed(broken));
    }
}
