package io.carillon.stores;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import redis.embedded.core.ExecutableProvider;
import redis.embedded.model.OsArchitecture;

/**
 * A Redis server in a directory: append-only file, a random password, loopback only. It keeps its port and password for
 * life, so clients connect again after a restart. A start on a directory whose server was killed, or is still running without
 * us, ends that one and goes on with its data.
 *
 * <p>One owner per directory: whoever may be started twice holds a lock of its own first. Safe for many threads.
 */
public final class EmbeddedRedis implements AutoCloseable {
    private static final String USER = "carillon";
    private static final Duration GRACE = Duration.ofSeconds(6);
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(5);
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(5);
    static final String PROGRAM = "redis-server";

    private final Path directory;
    private final Path pidFile;
    private final Durability durability;
    private final Path program;
    private final String password;
    private int port;
    private OwnedProcess process;

    private EmbeddedRedis(Path directory, Path pidFile, Durability durability) {
        this.directory = directory.toAbsolutePath().normalize();
        this.pidFile = pidFile.toAbsolutePath().normalize();
        this.durability = durability;
        createDirectories(this.directory, this.pidFile.getParent());
        this.program = program(this.directory);
        this.password = SecretFile.readOrCreate(this.directory.resolve("password"), SecretFile::random);
    }

    /** Starts one with full durability and the pid file {@code redis.pid} in its directory, and waits until it answers. */
    public static EmbeddedRedis start(Path directory) {
        return start(directory, directory.resolve("redis.pid"), Durability.FULL);
    }

    /**
     * Starts one and waits until it answers, its data loaded.
     *
     * @param directory made when it is not there yet
     * @throws StoreFailure when it does not start
     */
    public static EmbeddedRedis start(Path directory, Path pidFile, Durability durability) {
        EmbeddedRedis redis = new EmbeddedRedis(directory, pidFile, durability);
        redis.firstStart();
        return redis;
    }

    private synchronized void firstStart() {
        endOrphan(directory);
        port = KeptPort.of(directory).use(candidate -> {
            port = candidate;
            launch();
        });
    }

    /** Ends a server that still works in that directory without an owner. */
    public static void endOrphan(Path directory) {
        Path absolute = directory.toAbsolutePath().normalize();
        OwnedProcess.endOrphans(PROGRAM, settings(absolute).toString(), GRACE);
    }

    private void launch() {
        try {
            SecretFile.write(settings(directory), configuration());
        } catch (IOException e) {
            throw new StoreFailure("Cannot write " + settings(directory) + ": " + e.getMessage(), e);
        }
        process = OwnedProcess.start(new OwnedProcess.Plan(
                List.of(program.toString(), settings(directory).toString()),
                directory,
                Map.of(),
                pidFile,
                directory.resolve("redis.log")));
        awaitAnswer();
    }

    private String configuration() {
        return """
                # Written by Carillon at each start; changes are lost.
                bind 127.0.0.1
                port %d
                # Who gives a password but no name is this user: the server makes it the one of workers, who may append events.
                user default off
                user %s on >%s ~* &* +@all
                dir ./
                appendonly yes
                appendfsync %s
                aof-load-truncated yes
                # tasks come and go: the usual 64 MB are full every ten seconds under load
                auto-aof-rewrite-min-size 256mb
                # the fields of a task close together: a third less memory
                hash-max-ziplist-value 4096
                save ""
                maxmemory-policy noeviction
                tcp-keepalive 60
                tcp-backlog 511
                set-proc-title no
                always-show-logo no
                loglevel notice
                """
                .formatted(port, USER, password, durability == Durability.FULL ? "everysec" : "no");
    }

    private void awaitAnswer() {
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (true) {
            if (!process.alive()) {
                String words = process.lastWords();
                process.stop(Duration.ZERO);
                throw new StoreFailure(
                        "Redis did not start: " + words + " (log: " + directory.resolve("redis.log") + ")");
            }
            try (RedisConnection connection = RedisConnection.open(URI.create(url()), ANSWERS_WITHIN)) {
                connection.command("PING");
                return;
            } catch (IOException notYet) {
                if (System.nanoTime() > deadline) {
                    stop();
                    throw new StoreFailure("Redis does not answer: " + notYet.getMessage(), notYet);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }
    }

    /** The port on 127.0.0.1; it stays the same over restarts. */
    public synchronized int port() {
        return port;
    }

    public String password() {
        return password;
    }

    /** The user that may do everything. */
    public String user() {
        return USER;
    }

    /** {@code redis://user:password@127.0.0.1:port}. */
    public String url() {
        return "redis://" + USER + ":" + password + "@" + address();
    }

    /** {@code 127.0.0.1:port}. */
    public String address() {
        return "127.0.0.1:" + port();
    }

    public synchronized long pid() {
        return process.pid();
    }

    public synchronized boolean alive() {
        return process.alive();
    }

    /** Ends it cleanly; after six seconds by force, which loses nothing that was written to the append-only file. */
    public synchronized void stop() {
        process.stop(GRACE);
    }

    /** SIGKILL, as in a crash. */
    public synchronized void kill() {
        process.kill();
    }

    /** Starts it again, on the same port and with its data; stops it first when it runs. */
    public synchronized void restart() {
        stop();
        launch();
    }

    /** A connection that is logged in, for tests and checks. */
    public RedisConnection connect() throws IOException {
        return RedisConnection.open(URI.create(url()), ANSWERS_WITHIN);
    }

    @Override
    public void close() {
        stop();
    }

    private static Path settings(Path directory) {
        return directory.resolve("redis.conf");
    }

    private static void createDirectories(Path... directories) {
        for (Path directory : directories) {
            try {
                Files.createDirectories(directory);
            } catch (IOException e) {
                throw new StoreFailure("Cannot make the directory " + directory + ": " + e.getMessage(), e);
            }
        }
    }

    static Path program(Path directory) {
        Cache cache = Cache.ofUser(directory.resolve("program"));
        OsArchitecture machine = OsArchitecture.detectOSandArchitecture();
        Map<OsArchitecture, String> resources = ExecutableProvider.newProvidedVersionsMap();
        String resource = resources.get(machine);
        if (resource == null) {
            throw new StoreFailure("There is no embedded Redis for this system; give an address in CARILLON_REDIS_URL");
        }
        Path program = unpacked(cache, resource);
        if (!runs(program) && machine.equals(OsArchitecture.UNIX_x86_64)) {
            // The 64-bit one needs OpenSSL 3 on the machine; the other is linked statically.
            return unpacked(cache, resources.get(OsArchitecture.UNIX_x86));
        }
        return program;
    }

    private static Path unpacked(Cache cache, String resource) {
        String name = resource.startsWith("/") ? resource.substring(1) : resource;
        return cache.entry(name, entry -> Cache.copyResource(name, entry.resolve(PROGRAM), true))
                .resolve(PROGRAM);
    }

    private static boolean runs(Path program) {
        try {
            Process version = new ProcessBuilder(program.toString(), "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return version.waitFor(10, TimeUnit.SECONDS) && version.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
