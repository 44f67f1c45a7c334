package io.carillon.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path temp;

    @Test
    void itIsOpenInOnePlaceAtATime() {
        try (DataDirectory first = DataDirectory.open(temp.resolve("data"), Duration.ZERO)) {
            assertThatThrownBy(() -> DataDirectory.open(first.root(), Duration.ofMillis(150)))
                    .isInstanceOf(Obstacle.class)
                    .hasMessageContaining(first.root().toString());
        }
    }

    @Test
    void aSuccessorWaitsForAPredecessorThatIsJustStopping() throws Exception {
        DataDirectory predecessor = DataDirectory.open(temp.resolve("data"), Duration.ZERO);
        CompletableFuture<DataDirectory> successor =
                CompletableFuture.supplyAsync(() -> DataDirectory.open(predecessor.root(), Duration.ofSeconds(10)));
        assertThat(successor).isNotDone();

        predecessor.close();

        successor.get(10, TimeUnit.SECONDS).close();
    }

    @Test
    void theAdminKeyIsMadeOnceAndOnlyItsOwnerCanReadIt() throws IOException {
        Path root = temp.resolve("data");
        String key;
        try (DataDirectory directory = DataDirectory.open(root, Duration.ZERO)) {
            key = directory.adminKey();
        }
        try (DataDirectory directory = DataDirectory.open(root, Duration.ZERO)) {
            assertThat(directory.adminKey()).isEqualTo(key).hasSizeGreaterThan(24);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("admin-key"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
                .isEqualTo("rwx------");
    }
}
