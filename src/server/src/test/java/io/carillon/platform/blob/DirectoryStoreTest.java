package io.carillon.platform.blob;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStoreTest extends BlobStoreContract {
    @TempDir
    Path directory;

    private DirectoryStore store;

    @BeforeEach
    void open() throws IOException {
        store = new DirectoryStore(directory);
    }

    @Override
    BlobStore store() {
        return store;
    }

    @Override
    List<String> everything() throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(Files::isRegularFile).map(Path::toString).toList();
        }
    }

    @Test
    void readerGoesOnWhenTheBlobIsRemoved() throws IOException {
        String id = "0123456789abcdef0123456789abcdef";
        try (BlobStore.Writer writer = store.write(id)) {
            writer.write(new byte[200_000]);
            writer.finish();
        }

        try (InputStream in = store.read(id, 0)) {
            in.readNBytes(1000);
            store.remove(id);
            assertThat(in.readAllBytes()).hasSize(199_000);
        }
    }
}
