package io.carillon.stores;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * One of several Redis servers that know each other: of a cluster, watched by sentinels, or a sentinel itself. It keeps its
 * port and its files, so after a kill and a restart it is the same node. Safe for many threads.
 */
public final class RedisNode implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(3);
    /**
     * A sentinel looks at a server each ten seconds and makes a master that came back a replica at the second look, and after
     * a jump of the clock it does nothing for thirty.
     */
    private static final Duration COMES_TOGETHER_WITHIN = Duration.ofSeconds(90);

    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(2);
    private static final int TRIES = 3;
    private static final int BUS = 10_000;

    private final Path directory;
    private final Path program;
    private final String login;
    private final List<String> flags;
    private int port;
    private OwnedProcess process;

    private RedisNode(Path directory, String login, List<String> flags) {
        this.directory = directory.toAbsolutePath().normalize();
        this.program = EmbeddedRedis.program(this.directory);
        this.login = login;
        this.flags = flags;
    }

    /**
     * Starts a new one on a free port (and with a free port 10,000 above it) and waits until it answers.
     *
     * @param login {@code user:password}, or empty where there is none
     * @param settings its configuration file, given the port
     * @param flags what follows the configuration file on the command line
     * @throws StoreFailure when it does not start
     */
    static RedisNode start(Path directory, String login, IntFunction<String> settings, String... flags) {
        RedisNode node = new RedisNode(directory, login, List.of(flags));
        for (int tries = 1; ; tries++) {
            try {
                node.port = freePort();
                Files.createDirectories(node.directory);
                SecretFile.write(node.file(), settings.apply(node.port));
                node.launch();
                return node;
            } catch (IOException e) {
                throw new StoreFailure("Cannot write " + node.file() + ": " + e.getMessage(), e);
            } catch (StoreFailure taken) {
                if (tries == TRIES) {
                    throw taken;
                }
            }
        }
    }

    private static int freePort() {
        for (int port = FreePort.find(); ; port = FreePort.find()) {
            if (FreePort.free(port + BUS)) {
                return port;
            }
        }
    }

    private Path file() {
        return directory.resolve("redis.conf");
    }

    private void launch() {
        List<String> command = new ArrayList<>(List.of(program.toString(), file().toString()));
        command.addAll(flags);
        process = OwnedProcess.start(new OwnedProcess.Plan(
                command, directory, Map.of(), directory.resolve("redis.pid"), directory.resolve("redis.log")));
        await(() -> {
            if (!process.alive()) {
                String words = process.lastWords();
                process.stop(Duration.ZERO);
                throw new StoreFailure("A Redis node did not start: " + words);
            }
            return ask("PING").equals("PONG");
        });
    }

    /** What may become true soon; an {@link IOException} counts as not yet. */
    interface Claim {
        boolean holds() throws IOException;
    }

    /** Waits until something holds. */
    static void await(Claim claim) {
        long deadline = System.nanoTime() + COMES_TOGETHER_WITHIN.toNanos();
        IOException last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (claim.holds()) {
                    return;
                }
            } catch (IOException notYet) {
                last = notYet;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw new StoreFailure("Redis nodes do not come together: " + (last == null ? "" : last.getMessage()), last);
    }

    /** One command over a connection of its own; see {@link RedisConnection#command}. */
    public String ask(String... words) throws IOException {
        try (RedisConnection connection = connect()) {
            return connection.command(words);
        }
    }

    /** A connection that is logged in. */
    public RedisConnection connect() throws IOException {
        String user = login.isEmpty() ? "" : login + "@";
        return RedisConnection.open(URI.create("redis://" + user + address()), ANSWERS_WITHIN);
    }

    public int port() {
        return port;
    }

    /** {@code 127.0.0.1:port}. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    public synchronized boolean alive() {
        return process.alive();
    }

    /** SIGKILL, as in a crash. */
    public synchronized void kill() {
        process.kill();
    }

    /** Starts it again with what it had written, also what the others made of it meanwhile. */
    public synchronized void restart() {
        process.stop(GRACE);
        launch();
    }

    @Override
    public synchronized void close() {
        process.stop(GRACE);
    }

    @Override
    public String toString() {
        return address();
    }
}
