package io.carillon.dialect.openai.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.file.FileLimits;
import io.carillon.file.Files;
import io.carillon.file.FilesOn;
import io.carillon.platform.blob.DirectoryStore;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.task.BatchEngine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How large a file may be that a form brings, in whichever order its parts come (contract 2.2). */
class FileFormTest {
    private static final int MOST = 200_000;
    private static final int MOST_OF_A_BATCH = 100_000;

    @TempDir
    Path directory;

    private final BatchEngine engine = new BatchEngine();
    private Files files;

    @BeforeEach
    void open() throws IOException {
        FileLimits limits = new FileLimits(MOST, MOST_OF_A_BATCH, MOST, MOST);
        files = FilesOn.stores(engine.database(), new DirectoryStore(directory), limits);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private FileForm read(String purpose, int bytes, boolean purposeFirst) {
        String ofPurpose = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" + purpose + "\r\n";
        String ofFile = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
                + "1".repeat(bytes) + "\r\n";
        String form = (purposeFirst ? ofPurpose + ofFile : ofFile + ofPurpose) + "--b--\r\n";
        return FileForm.read(
                "multipart/form-data; boundary=b",
                new ByteArrayInputStream(form.getBytes(StandardCharsets.UTF_8)),
                files);
    }

    private void assertRefused(String purpose, int bytes, boolean purposeFirst, Reason reason) throws IOException {
        Refused refused = catchThrowableOfType(Refused.class, () -> read(purpose, bytes, purposeFirst));
        assertThat(refused.reason()).isEqualTo(reason);
        assertThat(refused).hasMessageStartingWith("File is too large.");
        assertThat(refused.code()).isEmpty();
        assertThat(refused.parameter()).isEmpty();
        try (Stream<Path> left = java.nio.file.Files.walk(directory)) {
            assertThat(left.filter(java.nio.file.Files::isRegularFile)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAFileForABatchThatIsTooLargeForOne(boolean purposeFirst) throws IOException {
        assertRefused("batch", MOST_OF_A_BATCH + 1, purposeFirst, Reason.INVALID);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAnyFileThatIsTooLarge(boolean purposeFirst) throws IOException {
        assertRefused("user_data", MOST + 1, purposeFirst, Reason.TOO_LARGE);
    }

    @Test
    void takesWhatIsJustNotTooLarge() {
        try (FileForm batch = read("batch", MOST_OF_A_BATCH, false);
                FileForm any = read("user_data", MOST, true)) {
            assertThat(batch.draft().bytes()).isEqualTo(MOST_OF_A_BATCH);
            assertThat(any.draft().bytes()).isEqualTo(MOST);
        }
    }
}
