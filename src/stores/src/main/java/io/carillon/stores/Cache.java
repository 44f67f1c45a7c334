package io.carillon.stores;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory of unpacked things, each under a name that tells its version, so that only the first start unpacks. An
 * entry appears in one step when it is complete: any number of processes may ask for it at once, and a crash leaves no
 * half one behind.
 */
public final class Cache {
    private static final Duration ABANDONED = Duration.ofHours(1);

    /** Fills a new, empty directory. */
    @FunctionalInterface
    public interface Filling {
        void into(Path directory) throws IOException;
    }

    private final Path root;

    private Cache(Path root) {
        this.root = root;
    }

    /**
     * The user's own cache directory, shared by everything that this user starts; where it cannot be written, the given
     * one.
     */
    public static Cache ofUser(Path otherwise) {
        return userDirectory()
                .map(base -> base.resolve("carillon"))
                .filter(Cache::writable)
                .map(Cache::new)
                .orElseGet(() -> new Cache(otherwise));
    }

    /** A cache in a directory of the caller's choice, which is made when needed. */
    public static Cache in(Path directory) {
        return new Cache(directory);
    }

    private static Optional<Path> userDirectory() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        if (xdg != null && Path.of(xdg).isAbsolute()) {
            return Optional.of(Path.of(xdg));
        }
        String home = System.getProperty("user.home", "");
        return home.isBlank() || !Path.of(home).isAbsolute() || !Files.isDirectory(Path.of(home))
                ? Optional.empty()
                : Optional.of(Path.of(home, ".cache"));
    }

    private static boolean writable(Path directory) {
        try {
            Files.createDirectories(directory);
            return Files.isWritable(directory) && Files.isExecutable(directory);
        } catch (IOException | UncheckedIOException refused) {
            return false;
        }
    }

    /**
     * The directory of that name, filled first if it is not there yet.
     *
     * @throws StoreFailure when it cannot be written, for instance because the disk is full
     */
    public Path entry(String name, Filling filling) {
        Path entry = root.resolve(name);
        if (Files.isDirectory(entry)) {
            return entry;
        }
        Path draft = null;
        try {
            Files.createDirectories(root);
            removeAbandonedDrafts();
            draft = Files.createTempDirectory(root, ".draft-");
            filling.into(draft);
            try {
                Files.move(draft, entry, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                if (!Files.isDirectory(entry)) {
                    throw e;
                }
                // somebody else was faster; theirs is as good
            }
            return entry;
        } catch (IOException e) {
            throw new StoreFailure("Cannot unpack " + name + " into " + root + ": " + e, e);
        } finally {
            if (draft != null) {
                removeTree(draft);
            }
        }
    }

    private void removeAbandonedDrafts() throws IOException {
        List<Path> drafts;
        try (Stream<Path> entries = Files.list(root)) {
            drafts = entries.filter(path -> path.getFileName().toString().startsWith(".draft-"))
                    .toList();
        }
        Instant limit = Instant.now().minus(ABANDONED);
        for (Path draft : drafts) {
            if (Files.exists(draft)
                    && Files.getLastModifiedTime(draft).toInstant().isBefore(limit)) {
                removeTree(draft);
            }
        }
    }

    /** Copies a resource of our class path to a file, and makes it executable if asked. */
    static void copyResource(String resource, Path file, boolean executable) throws IOException {
        try (InputStream in = Cache.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no " + resource + " on the class path");
            }
            Files.createDirectories(file.getParent());
            Files.copy(in, file);
        }
        if (executable && !file.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + file + " executable");
        }
    }

    /** Removes a directory with all that is in it, as far as that is possible; no error when it is not there. */
    public static void removeTree(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.deleteIfExists(path);
                } catch (IOException e) {
                    // what cannot be removed stays; nothing depends on it
                }
            });
        } catch (IOException | UncheckedIOException e) {
            // as above
        }
    }
}
