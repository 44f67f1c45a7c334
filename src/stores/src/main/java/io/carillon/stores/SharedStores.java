package io.carillon.stores;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * One Redis and one MariaDB for all tests of this JVM: started when a test first asks, stopped when the JVM ends. Durability is
 * relaxed. A test that kills or stops a store starts one of its own instead. Safe for many threads.
 */
public final class SharedStores {
    private static final String PREFIX = "stores-";

    private SharedStores() {}

    private static final class Redis {
        static final Path DIRECTORY = Home.DIRECTORY.resolve("redis");
        static final EmbeddedRedis SHARED = stoppedAtTheEnd(
                EmbeddedRedis.start(DIRECTORY, DIRECTORY.resolve("redis.pid"), Durability.RELAXED), DIRECTORY);
    }

    private static final class MariaDb {
        static final Path DIRECTORY = Home.DIRECTORY.resolve("mariadb");
        static final EmbeddedMariaDb SHARED = stoppedAtTheEnd(
                EmbeddedMariaDb.start(DIRECTORY, DIRECTORY.resolve("mariadb.pid"), Durability.RELAXED), DIRECTORY);
    }

    /** Below {@code target} where Maven runs us, one directory for each JVM; those of dead ones are removed. */
    private static final class Home {
        static final Path DIRECTORY = make();

        private static Path make() {
            try {
                Path parent = Files.isDirectory(Path.of("target"))
                        ? Path.of("target").toAbsolutePath()
                        : Files.createTempDirectory("carillon-");
                removeLeftovers(parent);
                return Files.createDirectories(
                        parent.resolve(PREFIX + ProcessHandle.current().pid()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void removeLeftovers(Path parent) throws IOException {
            List<Path> homes;
            try (Stream<Path> entries = Files.list(parent)) {
                homes = entries.filter(path -> path.getFileName().toString().matches(PREFIX + "\\d+"))
                        .toList();
            }
            for (Path home : homes) {
                long owner = Long.parseLong(home.getFileName().toString().substring(PREFIX.length()));
                if (ProcessHandle.of(owner).isEmpty()) {
                    EmbeddedRedis.endOrphan(home.resolve("redis"));
                    EmbeddedMariaDb.endOrphan(home.resolve("mariadb"));
                    Cache.removeTree(home);
                }
            }
        }
    }

    private static <T extends AutoCloseable> T stoppedAtTheEnd(T store, Path directory) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                store.close();
                Cache.removeTree(directory);
            } catch (Exception e) {
                System.err.println("A store of the tests did not stop: " + e.getMessage());
            }
        }));
        return store;
    }

    /** Starts both at the same time, which saves a second when a test needs both. */
    public static void warmUp() {
        CompletableFuture<Optional<EmbeddedRedis>> redis = CompletableFuture.supplyAsync(() -> Optional.of(redis()));
        mariaDb();
        redis.join();
    }

    /** The Redis that all tests share: use keys of your own, or be alone and FLUSHALL. */
    public static EmbeddedRedis redis() {
        return Redis.SHARED;
    }

    /** The MariaDB that all tests share; {@link EmbeddedMariaDb#freshDatabase()} gives a test its own database. */
    public static EmbeddedMariaDb mariaDb() {
        return MariaDb.SHARED;
    }
}
