package io.carillon.platform.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.redis.Scripts;
import io.carillon.stores.Durability;
import io.carillon.stores.EmbeddedMariaDb;
import io.carillon.stores.EmbeddedRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

class AvailabilityTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger questions = new AtomicInteger();

    private StoreProbe probe(CompletableFuture<?> answer) {
        return new StoreProbe(
                "store",
                () -> {
                    questions.incrementAndGet();
                    return answer;
                },
                nanos::get);
    }

    @Test
    void realStoresAreAskedAndAStoppedOneIsNamed(@TempDir Path directory) throws Exception {
        try (EmbeddedRedis redis =
                        EmbeddedRedis.start(directory.resolve("r"), directory.resolve("r.pid"), Durability.RELAXED);
                EmbeddedMariaDb mariaDb =
                        EmbeddedMariaDb.start(directory.resolve("m"), directory.resolve("m.pid"), Durability.RELAXED)) {
            Config config = new Config();
            config.useSingleServer().setAddress(redis.url());
            RedissonClient client = Redisson.create(config);
            try {
                Scripts scripts = new Scripts(client);
                Availability availability = new Availability(List.of(
                        new StoreProbe("redis", () -> HealthBeans.ping(scripts), nanos::get),
                        new StoreProbe(
                                "mariadb",
                                () -> CompletableFuture.runAsync(() -> HealthBeans.selectOne(mariaDb.dataSource())),
                                nanos::get)));
                assertThat(availability.parts())
                        .containsEntry("redis", "")
                        .containsEntry("mariadb", "")
                        .containsEntry("server", "");

                redis.stop();
                nanos.addAndGet(2 * SECOND);
                assertThat(availability.parts().get("redis")).isNotEmpty();
                assertThat(availability.parts()).containsEntry("mariadb", "");

                mariaDb.stop();
                redis.restart();
                nanos.addAndGet(2 * SECOND);
                assertThat(availability.parts().get("mariadb")).isNotEmpty().doesNotContain("127.0.0.1", "root");
            } finally {
                client.shutdown(0, 1, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void storeIsAskedOnceASecondHoweverManyAsk() {
        StoreProbe probe = probe(CompletableFuture.completedFuture("PONG"));
        for (int i = 0; i < 100; i++) {
            assertThat(probe.ask().answers()).isTrue();
        }
        assertThat(questions).hasValue(1);

        nanos.addAndGet(SECOND);
        probe.ask();
        assertThat(questions).hasValue(2);
    }

    @Test
    void storeThatHangsIsDownAndNotAskedAgainAtOnce() {
        StoreProbe probe = probe(new CompletableFuture<>());
        long began = System.nanoTime();

        assertThat(probe.ask().answers()).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(4));

        nanos.addAndGet(3 * SECOND);
        assertThat(probe.ask().why()).contains("2 s");
        assertThat(questions).hasValue(1);

        nanos.addAndGet(8 * SECOND);
        probe.ask();
        assertThat(questions).as("after more than ten seconds of silence").hasValue(2);
    }

    @Test
    void whyAStoreIsDownGivesNothingAway() {
        StoreProbe probe =
                probe(CompletableFuture.failedFuture(new IllegalStateException("redis://user:secret@host:6379")));

        assertThat(probe.ask().why()).isEqualTo("cannot be reached");
    }

    @Test
    void serverThatStopsIsNotReady() {
        Availability availability = new Availability(List.of());
        assertThat(availability.parts()).containsEntry("server", "");

        availability.stop();

        assertThat(availability.parts()).containsEntry("server", "is stopping");
    }
}
