package io.carillon.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.batch.Batch;
import io.carillon.batch.BatchId;
import io.carillon.batch.BatchState;
import io.carillon.file.FileId;
import io.carillon.platform.error.Refused;
import io.carillon.task.Tally;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchAnswerTest {
    private static Batch batch(BatchState state) {
        Optional<Instant> over = state.isFinal() ? Optional.of(Instant.ofEpochMilli(5_999)) : Optional.empty();
        return new Batch(
                1,
                BatchId.random(),
                "ck_test",
                state,
                Optional.empty(),
                "/v1/responses",
                "file-x",
                "90m",
                null,
                Optional.empty(),
                null,
                null,
                OptionalInt.empty(),
                "m",
                null,
                3,
                3,
                0,
                false,
                new Tally.Counts(2, 1, 0),
                null,
                Optional.of(new FileId("file-o")),
                Optional.of(new FileId("file-e")),
                Instant.ofEpochMilli(1_999),
                Instant.ofEpochMilli(5_401_999),
                Optional.of(Instant.ofEpochMilli(2_999)),
                Optional.of(Instant.ofEpochMilli(3_999)),
                Optional.of(Instant.ofEpochMilli(4_999)),
                over,
                null,
                1);
    }

    @ParameterizedTest
    @EnumSource(BatchState.class)
    void onlyItsOwnEndIsStampedAndFilesAreShownAtTheEnd(BatchState state) {
        BatchAnswer answer = BatchAnswer.of(batch(state), BatchTimes.SECONDS);

        assertThat(answer.status()).isEqualTo(state.word());
        assertThat(answer.createdAt()).isEqualTo(1);
        assertThat(answer.inProgressAt()).isEqualTo(2);
        assertThat(answer.finalizingAt()).isEqualTo(3);
        assertThat(answer.cancellingAt()).isEqualTo(4);
        assertThat(answer.expiresAt()).isEqualTo(5_401);
        List<Long> ends = new ArrayList<>();
        ends.add(state == BatchState.COMPLETED ? answer.completedAt() : null);
        ends.add(state == BatchState.FAILED ? answer.failedAt() : null);
        ends.add(state == BatchState.EXPIRED ? answer.expiredAt() : null);
        ends.add(state == BatchState.CANCELLED ? answer.cancelledAt() : null);
        assertThat(stamps(answer)).isEqualTo(ends);
        assertThat(stamps(answer).stream().filter(stamp -> stamp != null).toList())
                .isEqualTo(state.isFinal() ? List.of(5L) : List.of());
        assertThat(answer.outputFileId()).isEqualTo(state.isFinal() ? "file-o" : null);
        assertThat(answer.errorFileId()).isEqualTo(state.isFinal() ? "file-e" : null);
    }

    @ParameterizedTest
    @EnumSource(BatchState.class)
    void inMillisecondsExpiredAtIsTheDeadlineAsInBellaQueue(BatchState state) {
        BatchAnswer answer = BatchAnswer.of(batch(state), BatchTimes.MILLISECONDS);

        assertThat(answer.createdAt()).isEqualTo(1_999);
        assertThat(answer.inProgressAt()).isEqualTo(2_999);
        assertThat(answer.finalizingAt()).isEqualTo(3_999);
        assertThat(answer.cancellingAt()).isEqualTo(4_999);
        assertThat(answer.expiresAt()).isEqualTo(5_401_999);
        assertThat(answer.expiredAt()).isEqualTo(5_401_999);
        assertThat(answer.completedAt()).isEqualTo(state == BatchState.COMPLETED ? 5_999L : null);
        assertThat(answer.failedAt()).isEqualTo(state == BatchState.FAILED ? 5_999L : null);
        assertThat(answer.cancelledAt()).isEqualTo(state == BatchState.CANCELLED ? 5_999L : null);
    }

    @Test
    void aNewBatchHasItsDeadlineInBothForms() {
        Batch batch = batch(BatchState.COMPLETED);

        BatchAnswer seconds = BatchAnswer.created(batch, BatchTimes.SECONDS);
        assertThat(seconds.expiresAt()).isEqualTo(5_401);
        assertThat(seconds.expiredAt()).isNull();
        BatchAnswer milliseconds = BatchAnswer.created(batch, BatchTimes.MILLISECONDS);
        assertThat(milliseconds.createdAt()).isEqualTo(1_999);
        assertThat(milliseconds.expiredAt()).isEqualTo(5_401_999);
    }

    @Test
    void aRequestsHeaderSaysMoreThanTheServersSetting() {
        for (BatchTimes usual : BatchTimes.values()) {
            assertThat(BatchTimes.of(null, usual)).isEqualTo(usual);
            assertThat(BatchTimes.of(" ", usual)).isEqualTo(usual);
            assertThat(BatchTimes.of("s", usual)).isEqualTo(BatchTimes.SECONDS);
            assertThat(BatchTimes.of(" ms ", usual)).isEqualTo(BatchTimes.MILLISECONDS);
        }
        Refused refused = catchThrowableOfType(Refused.class, () -> BatchTimes.of("min", BatchTimes.SECONDS));
        assertThat(refused.parameter()).contains("X-Carillon-Time-Unit");
    }

    private static List<Long> stamps(BatchAnswer answer) {
        List<Long> stamps = new ArrayList<>();
        stamps.add(answer.completedAt());
        stamps.add(answer.failedAt());
        stamps.add(answer.expiredAt());
        stamps.add(answer.cancelledAt());
        return stamps;
    }
}
