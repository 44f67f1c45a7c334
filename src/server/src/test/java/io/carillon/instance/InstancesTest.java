package io.carillon.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.database.Database;
import io.carillon.platform.redis.Scripts;
import io.carillon.stores.SharedStores;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

class InstancesTest {
    private final RedissonClient redis = connect();
    private final Scripts scripts = new Scripts(redis);

    private static RedissonClient connect() {
        Config config = new Config();
        config.useSingleServer().setAddress(SharedStores.redis().url()).setConnectionMinimumIdleSize(1);
        return Redisson.create(config);
    }

    @AfterEach
    void close() {
        redis.getKeys().delete(Instances.KEY);
        redis.shutdown(0, 1, TimeUnit.SECONDS);
    }

    private Instances instance(String name, Duration silence) {
        return new Instances(new Instance(name, 1), redis, scripts, silence);
    }

    private static void beat(Instances instances) {
        instances
                .heartbeat()
                .toCompletableFuture()
                .orTimeout(5, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void instanceThatFallsSilentIsBuried() {
        Set<String> buried = ConcurrentHashMap.newKeySet();
        Instances living = instance("a:1-1", Duration.ofMillis(200));
        living.onSilence(name -> {
            buried.add(name);
            return CompletableFuture.completedFuture(null);
        });
        beat(instance("b:1-2", Duration.ofMillis(200)));
        beat(living);
        assertThat(buried).isEmpty();

        long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (buried.isEmpty() && System.nanoTime() < deadline) {
            beat(living);
        }

        assertThat(buried).containsExactly("b:1-2");
    }

    @Test
    void instanceThatSaysFarewellIsGoneAtOnce() {
        Instances leaving = instance("c:1-3", Duration.ofSeconds(30));
        beat(leaving);
        assertThat(redis.getScoredSortedSet(Instances.KEY, StringCodec.INSTANCE).readAll())
                .contains("c:1-3");

        leaving.stop();

        assertThat(redis.getScoredSortedSet(Instances.KEY, StringCodec.INSTANCE).readAll())
                .doesNotContain("c:1-3");
    }

    @Test
    void everyStartHasAnotherNumber() {
        DataSource source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure(getClass().getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        Database database = new Database(source);

        Instance first = Instance.begin(database, Clock.systemUTC(), "10.1.2.3", 8080);
        Instance second = Instance.begin(database, Clock.systemUTC(), "10.1.2.3", 8080);

        assertThat(first.name()).isEqualTo("10.1.2.3:8080-" + first.number());
        assertThat(second.number()).isEqualTo(first.number() + 1);
    }

    @Test
    void wildcardAddressBecomesTheHostsAddress() {
        assertThat(Instance.address("127.0.0.1")).isEqualTo("127.0.0.1");
        assertThat(Instance.address("0.0.0.0")).doesNotStartWith("0.").isNotBlank();
        assertThat(Instance.address("fd00::1")).isEqualTo("[fd00::1]");
    }
}
