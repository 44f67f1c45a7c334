package io.carillon.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import org.junit.jupiter.api.Test;

class FileLimitsTest {
    private final FileLimits limits = new FileLimits(1_000, 100, 5_000, 500);

    private Refused refused(Purpose purpose, long bytes) {
        Refused refused = catchThrowableOfType(Refused.class, () -> limits.check(purpose, bytes));
        assertThat(refused).isNotNull();
        assertThat(refused).hasMessageStartingWith("File is too large.");
        assertThat(refused.code()).isEmpty();
        assertThat(refused.parameter()).isEmpty();
        return refused;
    }

    @Test
    void aFileMayHaveSoManyBytes() {
        assertThatCode(() -> {
                    limits.check(Purpose.BATCH, 100);
                    limits.check(Purpose.USER_DATA, 1_000);
                    limits.check(null, 1_000);
                })
                .doesNotThrowAnyException();
    }

    @Test
    void aFileForABatchIsABadRequestBeyondItsLimit() {
        assertThat(refused(Purpose.BATCH, 101).reason()).isEqualTo(Reason.INVALID);
        assertThat(refused(Purpose.BATCH, 1_000).reason()).isEqualTo(Reason.INVALID);
    }

    @Test
    void anyFileIsTooLargeBeyondTheLimitOfAll() {
        assertThat(refused(Purpose.BATCH, 1_001).reason()).isEqualTo(Reason.TOO_LARGE);
        assertThat(refused(Purpose.VISION, 1_001).reason()).isEqualTo(Reason.TOO_LARGE);
        assertThat(refused(null, 1_001).reason()).isEqualTo(Reason.TOO_LARGE);
    }
}
