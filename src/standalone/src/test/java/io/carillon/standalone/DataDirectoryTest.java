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
        AdminKey made;
        try (DataDirectory directory = DataDirectory.open(root, Duration.ZERO)) {
            made = directory.adminKey();
        }
        try (DataDirectory directory = DataDirectory.open(root, Duration.ZERO)) {
            assertThat(directory.adminKey()).isEqualTo(new AdminKey(made.value(), made.file(), false));
        }
        assertThat(made.isNew()).isTrue();
        assertThat(made.value()).hasSizeGreaterThan(24);
        assertThat(made.file()).contains(root.resolve("admin-key"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("admin-key"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
                .isEqualTo("rwx------");
    }
}
