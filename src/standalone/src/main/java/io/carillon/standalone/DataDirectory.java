package io.carillon.standalone;

import io.carillon.stores.Cache;
import io.carillon.stores.SecretFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** The one directory in which a Carillon keeps everything; open in one process at a time. */
final class DataDirectory implements AutoCloseable {
    private final Path root;
    private final FileChannel channel;
    private final FileLock lock;

    private DataDirectory(Path root, FileChannel channel, FileLock lock) {
        this.root = root;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Makes it if needed and takes its lock.
     *
     * @param patience how long to wait for another process to let go, for one that is just stopping
     * @throws Obstacle when it cannot be written, or another process keeps it
     */
    static DataDirectory open(Path root, Duration patience) {
        try {
            if (!Files.isDirectory(root)) {
                Files.createDirectories(root);
                ownerOnly(root);
            }
            Files.createDirectories(root.resolve("run"));
            Files.delete(Files.createTempFile(root, ".writable", ""));
        } catch (IOException e) {
            throw unusable(root, e);
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            long deadline = System.nanoTime() + patience.toNanos();
            FileLock lock = tryLock(channel);
            while (lock == null && System.nanoTime() < deadline) {
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
                lock = tryLock(channel);
            }
            if (lock == null) {
                channel.close();
                throw new Obstacle("Another Carillon runs in the data directory " + root
                        + "; stop it, or choose another directory in CARILLON_DATA_DIR");
            }
            return new DataDirectory(root, channel, lock);
        } catch (IOException e) {
            throw unusable(root, e);
        }
    }

    private static Obstacle unusable(Path root, IOException e) {
        return new Obstacle("The data directory " + root + " cannot be written ("
                + e.getClass().getSimpleName() + ": " + e.getMessage() + "); choose another one in CARILLON_DATA_DIR");
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException ours) {
            return null;
        }
    }

    private static void ownerOnly(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    Path root() {
        return root;
    }

    /** Where the numbers of the running processes lie. */
    Path pidFile(String process) {
        return root.resolve("run").resolve(process + ".pid");
    }

    Path redis() {
        return root.resolve("redis");
    }

    Path mariaDb() {
        return root.resolve("mariadb");
    }

    Path serverLog() {
        return root.resolve("server.log");
    }

    /** An empty directory for one run of the server; what the last run left there is removed. */
    Path freshServerDirectory() {
        Path directory = root.resolve("run").resolve("payara");
        Cache.removeTree(directory);
        try {
            Files.createDirectories(directory);
            ownerOnly(directory);
        } catch (IOException e) {
            throw unusable(root, e);
        }
        return directory;
    }

    /** The admin key, made when there is none yet. */
    AdminKey adminKey() {
        Path file = root.resolve("admin-key");
        AtomicBoolean isNew = new AtomicBoolean();
        String value = SecretFile.readOrCreate(file, () -> {
            isNew.set(true);
            return "ck-admin-" + SecretFile.random();
        });
        return new AdminKey(value, Optional.of(file), isNew.get());
    }

    @Override
    public void close() {
        try (channel) {
            lock.release();
        } catch (IOException e) {
            // the end of the process releases it too
        }
    }
}
