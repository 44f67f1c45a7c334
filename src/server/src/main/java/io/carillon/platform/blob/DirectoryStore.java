package io.carillon.platform.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Blobs as files: {@code <root>/ab/abcd...}, by the first two digits of the id. One that is being written lies in
 * {@code <root>/unfinished} and moves to its place in one step, after its bytes are on the disk. Instances share blobs when
 * they share the directory.
 */
public final class DirectoryStore implements BlobStore {
    private static final int BUFFER = 64 * 1024;

    private final Path root;
    private final Path unfinished;

    /** @throws IOException when the directory cannot be made or written to */
    public DirectoryStore(Path root) throws IOException {
        this.root = root.toAbsolutePath();
        this.unfinished = this.root.resolve("unfinished");
        Files.createDirectories(unfinished);
        sync(this.root);
    }

    private Path place(String id) {
        return root.resolve(id.substring(0, 2)).resolve(id);
    }

    @Override
    public Writer write(String id) throws IOException {
        return new FileWriter(id);
    }

    private final class FileWriter extends Writer {
        private final String id;
        private final Path temporary;
        private final FileChannel channel;
        private final ByteBuffer waiting = ByteBuffer.allocate(BUFFER);
        private boolean finished;

        FileWriter(String id) throws IOException {
            this.id = id;
            this.temporary = unfinished.resolve(id);
            this.channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }

        @Override
        public void write(int b) throws IOException {
            if (!waiting.hasRemaining()) {
                flush();
            }
            waiting.put((byte) b);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            if (length > waiting.remaining()) {
                flush();
            }
            if (length > waiting.remaining()) {
                writeFully(ByteBuffer.wrap(bytes, from, length));
            } else {
                waiting.put(bytes, from, length);
            }
        }

        @Override
        public void flush() throws IOException {
            writeFully(waiting.flip());
            waiting.clear();
        }

        private void writeFully(ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        @Override
        public void finish() throws IOException {
            flush();
            channel.force(true);
            Path place = place(id);
            if (Files.notExists(place.getParent())) {
                Files.createDirectories(place.getParent());
                sync(root);
            }
            Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
            sync(place.getParent());
            finished = true;
        }

        @Override
        public void close() throws IOException {
            channel.close();
            if (!finished) {
                Files.deleteIfExists(temporary);
            }
        }
    }

    /** A new name in a directory survives a loss of power only when the directory itself was written. */
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public InputStream read(String id, long from) throws IOException {
        try {
            FileChannel channel = FileChannel.open(place(id), StandardOpenOption.READ);
            channel.position(from);
            return Channels.newInputStream(channel);
        } catch (NoSuchFileException gone) {
            if (Files.notExists(unfinished)) {
                // the file system that has it is not mounted, most likely
                throw gone;
            }
            throw new NoSuchBlob(id, gone);
        }
    }

    @Override
    public void remove(String id) throws IOException {
        Files.deleteIfExists(unfinished.resolve(id));
        Files.deleteIfExists(place(id));
    }

    @Override
    public void close() {
        // each file is opened and closed by itself
    }

    @Override
    public String toString() {
        return "directory " + root;
    }
}
