package io.carillon.standalone;

import io.carillon.stores.Cache;
import io.carillon.stores.Durability;
import io.carillon.stores.EmbeddedMariaDb;
import io.carillon.stores.EmbeddedRedis;
import io.carillon.stores.StoreFailure;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A whole Carillon: Redis, MariaDB and the server, started from one data directory and stopped in the right order. The stores
 * are embedded unless the environment names others. {@link Carillon} runs one for people; tests start their own:
 *
 * <pre>{@code
 * try (Standalone carillon = Standalone.builder().dataDirectory(temp).start()) {
 *     carillon.url(); carillon.adminKey(); carillon.killServer(); carillon.restartServer();
 * }
 * }</pre>
 *
 * Safe for many threads.
 */
public final class Standalone implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int DEATHS_IN_A_MINUTE = 5;

    private final Settings settings;
    private final DataDirectory directory;
    private final Consumer<String> console;
    private final Bundle bundle;
    private volatile EmbeddedRedis redis;
    private volatile EmbeddedMariaDb mariaDb;
    private volatile ServerProcess server;
    private volatile int port;
    private volatile AdminKey adminKey;
    private volatile boolean stopping;

    /** Collects what a start needs. Without anything: a free port, durability as in production, no output. */
    public static final class Builder {
        private final Map<String, String> environment = new HashMap<>();
        private Durability durability = Durability.FULL;
        private Consumer<String> console = line -> {};

        private Builder() {
            environment.put("CARILLON_HTTP_PORT", "0");
        }

        /** The port on which the server answers; 0 picks a free one. */
        public Builder port(int port) {
            return env("CARILLON_HTTP_PORT", Integer.toString(port));
        }

        public Builder dataDirectory(Path directory) {
            return env("CARILLON_DATA_DIR", directory.toString());
        }

        /** One variable of the environment; see the README for their names. */
        public Builder env(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** Uses the stores and the admin key of another one, which must outlive this one. */
        public Builder sharing(Standalone other) {
            environment.putAll(other.storeVariables());
            return env("CARILLON_ADMIN_KEY", other.adminKey());
        }

        /** How hard the embedded stores try to keep what they are given. */
        public Builder durability(Durability durability) {
            this.durability = durability;
            return this;
        }

        /** Who gets the lines that the server logs for operators, from a thread of its own. */
        public Builder console(Consumer<String> console) {
            this.console = console;
            return this;
        }

        /**
         * Starts everything and waits until the server is ready. When that fails, whatever was started is stopped again.
         *
         * @throws Obstacle with one line that says why it cannot start
         */
        public Standalone start() {
            Standalone standalone = open();
            standalone.start(durability);
            return standalone;
        }

        /** Only takes the data directory; so that a shutdown hook can be there before the first process is. */
        Standalone open() {
            Settings settings = Settings.of(environment);
            return new Standalone(settings, DataDirectory.open(settings.dataDirectory(), PATIENCE), console);
        }
    }

    private Standalone(Settings settings, DataDirectory directory, Consumer<String> console) {
        this.settings = settings;
        this.directory = directory;
        this.console = console;
        this.bundle = new Bundle(Cache.ofUser(directory.root().resolve("program")));
    }

    public static Builder builder() {
        return new Builder();
    }

    void start(Durability durability) {
        try {
            startAll(durability);
        } catch (StoreFailure | Obstacle e) {
            boolean asked = stopping;
            stop();
            throw new Obstacle(asked ? "Stopped while it was starting" : e.getMessage());
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    private void startAll(Durability durability) {
        ServerProcess.endOrphans(directory.root());
        port = Preflight.port(settings.bind(), settings.port());
        adminKey = settings.adminKey().map(AdminKey::given).orElseGet(directory::adminKey);
        startStores(durability);
        startServer();
    }

    private void startStores(Durability durability) {
        CompletableFuture<Void> redisReady = CompletableFuture.runAsync(() -> {
            if (settings.redis().isPresent()) {
                Preflight.redis(settings.redis().get());
            } else {
                redis = EmbeddedRedis.start(directory.redis(), directory.pidFile("redis"), durability);
            }
        });
        try {
            if (settings.database().isPresent()) {
                Preflight.database(settings.database().get());
            } else {
                mariaDb = EmbeddedMariaDb.start(directory.mariaDb(), directory.pidFile("mariadb"), durability);
            }
        } finally {
            // wait for it in any case: whatever was started must be known before it can be stopped
            redisReady.exceptionally(failure -> null).join();
        }
        try {
            redisReady.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private void startServer() {
        if (stopping) {
            throw new Obstacle("Stopped while it started");
        }
        Map<String, String> variables = new HashMap<>(storeVariables());
        variables.put("CARILLON_HTTP_PORT", Integer.toString(port));
        variables.put("CARILLON_BIND", settings.bind());
        variables.put("CARILLON_DATA_DIR", directory.root().toString());
        variables.put("CARILLON_ADMIN_KEY", adminKey.value());
        server = ServerProcess.start(settings, port, directory, bundle, variables, console);
        server.awaitReady(url());
    }

    private Map<String, String> storeVariables() {
        Map<String, String> variables = new HashMap<>();
        settings.environment().forEach((name, value) -> {
            if (name.startsWith("CARILLON_FILES_")) {
                variables.put(name, value);
            }
        });
        // the server has another working directory
        variables.merge(
                "CARILLON_FILES_DIR",
                directory.root().resolve("files").toString(),
                (given, usual) -> given.isBlank()
                        ? usual
                        : Path.of(given.strip()).toAbsolutePath().toString());
        variables.put(
                "CARILLON_REDIS_URL", settings.redis().map(RedisAddress::text).orElseGet(() -> redis.url()));
        if (settings.redis().isEmpty()) {
            // In our own Redis the default user is free for workers, also for those that log in without a name.
            variables.put("CARILLON_EVENTBUS_USER", "default");
        }
        Settings.Account account = settings.database()
                .orElseGet(() -> new Settings.Account(mariaDb.url(), mariaDb.user(), mariaDb.password()));
        variables.put("CARILLON_DATABASE_URL", account.urlForTheServer());
        variables.put("CARILLON_DATABASE_USER", account.user());
        variables.put("CARILLON_DATABASE_PASSWORD", account.password());
        return variables;
    }

    /**
     * Looks after the processes until {@link #stop}: an embedded store that died is started again, on its port.
     *
     * @return why it cannot go on: the server died, or a store dies again and again; empty after a stop
     */
    Optional<String> supervise() {
        Deque<Instant> deaths = new ArrayDeque<>();
        while (!stopping) {
            ServerProcess current = server;
            if (current != null && !current.process().alive() && !stopping) {
                return Optional.of("The server died with exit code "
                        + current.process().exitCode().orElse(-1) + "; its log is " + directory.serverLog());
            }
            try {
                if (redis != null && !redis.alive() && !stopping) {
                    mourn("Redis", deaths);
                    redis.restart();
                }
                if (mariaDb != null && !mariaDb.alive() && !stopping) {
                    mourn("MariaDB", deaths);
                    mariaDb.restart();
                }
            } catch (StoreFailure | Obstacle e) {
                return stopping ? Optional.empty() : Optional.of(e.getMessage());
            }
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
        return Optional.empty();
    }

    private void mourn(String store, Deque<Instant> deaths) {
        Instant now = Instant.now();
        deaths.add(now);
        while (deaths.peekFirst().isBefore(now.minusSeconds(60))) {
            deaths.removeFirst();
        }
        if (deaths.size() > DEATHS_IN_A_MINUTE) {
            throw new Obstacle(
                    store + " died, the " + deaths.size() + "th death of a store within a minute; giving up");
        }
        console.accept(store + " died; starting it again");
    }

    /** {@code http://host:port/}. */
    public URI url() {
        String host = settings.bind();
        try {
            InetAddress address = InetAddress.getByName(host);
            if (address.isAnyLocalAddress()) {
                host = "127.0.0.1";
            } else if (host.contains(":")) {
                host = "[" + host + "]";
            }
        } catch (UnknownHostException e) {
            throw new Obstacle("CARILLON_BIND names no address: '" + host + "'");
        }
        return URI.create("http://" + host + ":" + port + "/");
    }

    /** The key that may do everything. */
    public String adminKey() {
        return adminKey.value();
    }

    /** The same, and where it came from. */
    AdminKey keyOfAdmin() {
        return adminKey;
    }

    public Path dataDirectory() {
        return directory.root();
    }

    /** The number of the server process. */
    public long pid() {
        return server.process().pid();
    }

    /** Whether the server process runs. */
    public boolean serverAlive() {
        return server != null && server.process().alive();
    }

    /** @throws IllegalStateException when this one uses a Redis that somebody else runs */
    public EmbeddedRedis redis() {
        return Optional.ofNullable(redis).orElseThrow(() -> new IllegalStateException("Redis is not embedded here"));
    }

    /** @throws IllegalStateException when this one uses a MariaDB that somebody else runs */
    public EmbeddedMariaDb mariaDb() {
        return Optional.ofNullable(mariaDb)
                .orElseThrow(() -> new IllegalStateException("MariaDB is not embedded here"));
    }

    /** {@code host:port} of Redis, without a password. */
    String redisAddress() {
        return settings.redis().map(RedisAddress::toString).orElseGet(() -> redis.address() + " (embedded)");
    }

    /** Where MariaDB is, without a password. */
    String databaseAddress() {
        return settings.database().map(Settings.Account::toString).orElseGet(() -> mariaDb.address() + " (embedded)");
    }

    /** SIGKILL for the server; the stores live on. */
    public void killServer() {
        server.process().kill();
    }

    /** Starts the server again, on the same port, and waits until it is ready; stops it first when it runs. */
    public void restartServer() {
        server.stop();
        startServer();
    }

    /** Stops the server, then the stores: cleanly, and by force what has not ended after a few seconds. May be repeated. */
    public synchronized void stop() {
        stopping = true;
        if (server != null) {
            server.stop();
        }
        ServerProcess.endOrphans(directory.root());
        CompletableFuture<Void> redisStopped = CompletableFuture.runAsync(() -> {
            if (redis != null) {
                redis.stop();
            }
            EmbeddedRedis.endOrphan(directory.redis());
        });
        if (mariaDb != null) {
            mariaDb.stop();
        }
        // one that is just being started is nobody's yet
        EmbeddedMariaDb.endOrphan(directory.mariaDb());
        redisStopped.join();
        directory.close();
    }

    @Override
    public void close() {
        stop();
    }
}
