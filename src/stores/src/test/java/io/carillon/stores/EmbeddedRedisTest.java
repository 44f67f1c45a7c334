package io.carillon.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedRedisTest {
    @TempDir
    Path temp;

    @Test
    void restartAfterAKillKeepsPortPasswordAndData() throws IOException {
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            String url = redis.url();
            set(redis, "key", "value");

            redis.kill();
            redis.restart();

            assertThat(redis.url()).isEqualTo(url);
            assertThat(get(redis, "key")).isEqualTo("value");
        }
    }

    @Test
    void startEndsTheOrphanOfADeadOwnerAndGoesOnWithItsData() throws IOException {
        EmbeddedRedis orphan = EmbeddedRedis.start(directory());
        set(orphan, "key", "value");

        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            assertThat(orphan.alive()).isFalse();
            assertThat(redis.port()).isEqualTo(orphan.port());
            assertThat(get(redis, "key")).isEqualTo("value");
        }
    }

    @Test
    void anAppendOnlyFileThatWasCutInTheMiddleOfACommandIsRead() throws IOException {
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            set(redis, "whole", "value");
            redis.kill();
            Files.writeString(
                    directory().resolve("appendonly.aof"), "*3\r\n$3\r\nSET\r\n$3\r\nhal", StandardOpenOption.APPEND);

            redis.restart();

            assertThat(get(redis, "whole")).isEqualTo("value");
        }
    }

    @Test
    void anotherPasswordIsRefused() {
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            assertThatThrownBy(() -> RedisConnection.open(
                            URI.create("redis://:wrong@" + redis.address()), Duration.ofSeconds(5)))
                    .isInstanceOf(RedisConnection.Refusal.class);
            assertThatThrownBy(() -> {
                        try (RedisConnection nobody =
                                RedisConnection.open(URI.create("redis://" + redis.address()), Duration.ofSeconds(5))) {
                            nobody.command("PING");
                        }
                    })
                    .isInstanceOf(RedisConnection.Refusal.class);
        }
    }

    @Test
    void whatTellsThePasswordCanBeReadByItsOwnerOnly() throws IOException {
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            for (String file : new String[] {"password", "redis.conf"}) {
                assertThat(PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(directory().resolve(file))))
                        .isEqualTo("rw-------");
            }
            assertThat(redis.password()).hasSizeGreaterThan(20);
        }
    }

    @Test
    void aTakenPortIsReplacedByAnotherOne() throws IOException {
        int first;
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            first = redis.port();
        }
        try (ServerSocket stranger = new ServerSocket(first, 1, InetAddress.getLoopbackAddress());
                EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            assertThat(redis.port()).isNotEqualTo(stranger.getLocalPort());
        }
    }

    @Test
    void thePidFileNamesTheProcessUntilItStops() throws IOException {
        Path pidFile = directory().resolve("redis.pid");
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory())) {
            assertThat(Files.readString(pidFile).strip()).isEqualTo(Long.toString(redis.pid()));
        }
        assertThat(pidFile).doesNotExist();
    }

    private Path directory() {
        return temp.resolve("with a space and ümlaut");
    }

    private static void set(EmbeddedRedis redis, String key, String value) throws IOException {
        try (RedisConnection connection = redis.connect()) {
            connection.command("SET", key, value);
        }
    }

    private static String get(EmbeddedRedis redis, String key) throws IOException {
        try (RedisConnection connection = redis.connect()) {
            return connection.command("GET", key);
        }
    }
}
