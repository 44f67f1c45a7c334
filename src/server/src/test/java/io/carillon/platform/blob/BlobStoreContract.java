package io.carillon.platform.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every store does. */
abstract class BlobStoreContract {
    private final String id = UUID.randomUUID().toString().replace("-", "");

    abstract BlobStore store();

    /** Everything that the store holds, finished or not. */
    abstract List<String> everything() throws IOException;

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private void write(byte[] bytes) throws IOException {
        try (BlobStore.Writer writer = store().write(id)) {
            int portion = 100_003;
            for (int at = 0; at < bytes.length; at += portion) {
                writer.write(bytes, at, Math.min(portion, bytes.length - at));
            }
            writer.finish();
        }
    }

    private byte[] read(long from) throws IOException {
        try (InputStream in = store().read(id, from)) {
            return in.readAllBytes();
        }
    }

    @Test
    void blobIsReadAsItWasWritten() throws IOException {
        for (int size : new int[] {0, 1, 300_000}) {
            store().remove(id);
            write(bytes(size));
            assertThat(read(0)).isEqualTo(bytes(size));
        }
    }

    @Test
    void blobOfSeveralPiecesIsReadFromAnyPlace() throws IOException {
        byte[] bytes = bytes(S3Store.PIECE * 2 + 1234);
        write(bytes);

        assertThat(read(0)).isEqualTo(bytes);
        for (int from : new int[] {1, S3Store.PIECE - 1, S3Store.PIECE, bytes.length - 1}) {
            try (InputStream in = store().read(id, from)) {
                assertThat(in.read()).isEqualTo(bytes[from] & 0xFF);
            }
        }
        store().remove(id);
        assertThat(everything()).isEmpty();
    }

    @Test
    void singleBytesAreWrittenToo() throws IOException {
        byte[] bytes = bytes(70_000);
        try (BlobStore.Writer writer = store().write(id)) {
            for (byte b : bytes) {
                writer.write(b);
            }
            writer.finish();
        }

        assertThat(read(0)).isEqualTo(bytes);
        store().remove(id);
    }

    @Test
    void blobIsNotThereBeforeItIsFinished() throws IOException {
        try (BlobStore.Writer writer = store().write(id)) {
            writer.write(bytes(S3Store.PIECE + 5));
            assertThatThrownBy(() -> read(0)).isInstanceOf(NoSuchBlob.class);
        }

        assertThatThrownBy(() -> read(0)).isInstanceOf(NoSuchBlob.class);
        assertThat(everything()).isEmpty();
    }

    @Test
    void whatADeadWriterLeftIsRemoved() throws IOException {
        BlobStore.Writer dead = store().write(id);
        dead.write(bytes(S3Store.PIECE + 5));
        dead.flush();
        assertThat(everything()).isNotEmpty();

        store().remove(id);

        assertThat(everything()).isEmpty();
        dead.close();
    }

    @Test
    void removingTwiceIsNoError() throws IOException {
        write(bytes(10));

        store().remove(id);
        store().remove(id);

        assertThatThrownBy(() -> read(0)).isInstanceOf(NoSuchBlob.class);
    }

    @Test
    void readerThatStopsEarlyDoesNotReadTheRest() throws IOException {
        write(bytes(3 << 20));

        try (InputStream in = store().read(id, 10)) {
            assertThat(in.readNBytes(5)).hasSize(5);
        }
        store().remove(id);
    }
}
