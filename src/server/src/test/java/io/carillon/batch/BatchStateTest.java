package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class BatchStateTest {
    @Test
    void goesTheWaysOfTheContractAndNoOthers() {
        String table = Arrays.stream(BatchState.values())
                .map(from -> from.word() + ":"
                        + Arrays.stream(BatchState.values())
                                .filter(from::mayBecome)
                                .map(BatchState::word)
                                .collect(Collectors.joining(",")))
                .collect(Collectors.joining(" "));

        assertThat(table)
                .isEqualTo("validating:failed,in_progress,expired,cancelling failed: in_progress:finalizing,cancelling"
                        + " finalizing:failed,completed,expired completed: expired: cancelling:failed,cancelled"
                        + " cancelled:");
    }

    @Test
    void finalOnesGoNowhere() {
        for (BatchState state : BatchState.values()) {
            boolean ends = Arrays.stream(BatchState.values()).noneMatch(state::mayBecome);
            assertThat(state.isFinal()).as(state.word()).isEqualTo(ends);
        }
    }
}
