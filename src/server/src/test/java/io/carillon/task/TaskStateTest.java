package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TaskStateTest {

    @ParameterizedTest
    @CsvSource({
        "SCHEDULED, WAITING SUCCEEDED FAILED TIMEOUT CANCELLED",
        "WAITING, RUNNING SUCCEEDED FAILED TIMEOUT CANCELLED",
        "RUNNING, WAITING SCHEDULED SUCCEEDED FAILED TIMEOUT CANCELLED",
        "SUCCEEDED, ''",
        "FAILED, ''",
        "TIMEOUT, ''",
        "CANCELLED, ''"
    })
    void onlyTheseChangesAreLegal(TaskState state, String allowed) {
        Set<TaskState> next =
                Arrays.stream(TaskState.values()).filter(state::mayBecome).collect(Collectors.toSet());

        assertThat(next)
                .isEqualTo(Arrays.stream(allowed.split(" "))
                        .filter(word -> !word.isEmpty())
                        .map(TaskState::valueOf)
                        .collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @EnumSource(TaskState.class)
    void aFinalStateIsOneThatNothingFollows(TaskState state) {
        assertThat(state.isFinal()).isEqualTo(Arrays.stream(TaskState.values()).noneMatch(state::mayBecome));
        assertThat(TaskState.of(state.word())).isEqualTo(state);
    }

    @Test
    void aWorkerThatSaysHowItDoesMustSaySoSoonerThanOneThatCannot() {
        Engine noEngine = null;
        ATake take = new ATake(noEngine).from("q:1");

        assertThat(take.make().usualLease()).hasSeconds(3600);
        assertThat(take.heartbeating().make().usualLease()).hasSeconds(600);
    }
}
