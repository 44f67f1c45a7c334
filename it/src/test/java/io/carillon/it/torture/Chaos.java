package io.carillon.it.torture;

import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.standalone.Standalone;
import io.carillon.stores.RedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Kills and pauses processes, and waits each time until both servers work again. */
final class Chaos {
    /** What it can do. */
    enum Kind {
        SERVER,
        REDIS,
        MARIADB,
        /** Redis forgets everything. */
        FLUSH,
        /** A server stands still for longer than a lease. */
        PAUSE,
        ALL
    }

    private static final Duration RECOVERY = Duration.ofMinutes(2);

    private final Standalone a;
    private final Standalone b;
    private final List<Server> servers;
    private final String probe;
    private final Random random;

    Chaos(Standalone a, Standalone b, List<Server> servers, String probe, Random random) {
        this.a = a;
        this.b = b;
        this.servers = servers;
        this.probe = probe;
        this.random = random;
    }

    void strike(Kind kind) {
        long begun = System.nanoTime();
        switch (kind) {
            case SERVER -> {
                Standalone one = random.nextBoolean() ? a : b;
                one.killServer();
                one.restartServer();
            }
            case REDIS -> {
                a.redis().kill();
                a.redis().restart();
            }
            case MARIADB -> {
                a.mariaDb().kill();
                a.mariaDb().restart();
            }
            case FLUSH -> flush();
            case PAUSE -> pause(random.nextBoolean() ? a : b, Workers.LEASE.plusSeconds(3));
            case ALL -> all();
        }
        servers.forEach(this::awaitWork);
        System.out.printf("%s: over after %.1f s%n", kind, (System.nanoTime() - begun) / 1e9);
    }

    private void flush() {
        try (RedisConnection redis = a.redis().connect()) {
            redis.command("FLUSHALL");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void pause(Standalone server, Duration time) {
        signal("STOP", server.pid());
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            signal("CONT", server.pid());
        }
    }

    private static void signal(String name, long pid) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void all() {
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(a::killServer),
                        CompletableFuture.runAsync(b::killServer),
                        CompletableFuture.runAsync(a.redis()::kill),
                        CompletableFuture.runAsync(a.mariaDb()::kill))
                .join();
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(a.redis()::restart),
                        CompletableFuture.runAsync(a.mariaDb()::restart))
                .join();
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(a::restartServer), CompletableFuture.runAsync(b::restartServer))
                .join();
    }

    private void awaitWork(Server server) {
        Eventually.passes(RECOVERY, () -> server.put(Put.offline(probe)).expect(200));
    }
}
