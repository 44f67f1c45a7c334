package io.carillon.platform.redis;

import io.carillon.stores.EmbeddedRedisCluster;
import io.carillon.stores.RedisConnection;
import io.carillon.stores.RedisNode;
import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * Redis clients that are set up as the server's is. With {@code -Dcarillon.test.redis=cluster} what the tests share is a
 * cluster of three masters and their replicas.
 */
public final class RedisClients {
    private static final boolean ON_CLUSTER = "cluster".equals(System.getProperty("carillon.test.redis"));

    private RedisClients() {}

    private static final class Shared {
        static final EmbeddedRedisCluster CLUSTER = ON_CLUSTER ? cluster() : null;
        static final RedissonClient CLIENT =
                on(ON_CLUSTER ? CLUSTER.url() : SharedStores.redis().url());

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                CLIENT.shutdown();
                if (ON_CLUSTER) {
                    CLUSTER.close();
                }
            }));
        }

        private static EmbeddedRedisCluster cluster() {
            try {
                return EmbeddedRedisCluster.start(Files.createTempDirectory(Path.of("target"), "cluster-"));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    /** The one that all tests share, on the Redis, or the cluster, that all tests share. */
    public static RedissonClient shared() {
        return Shared.CLIENT;
    }

    /** Lets the Redis that all tests share, or each node of the cluster, write its memory to disk. */
    public static void save() throws IOException {
        if (!ON_CLUSTER) {
            try (RedisConnection connection = SharedStores.redis().connect()) {
                connection.command("SAVE");
            }
            return;
        }
        for (RedisNode node : Shared.CLUSTER.nodes()) {
            node.ask("SAVE");
        }
    }

    /** One of the test's own, for a Redis of the test's own: a server, a cluster or sentinels. Shut it down. */
    public static RedissonClient on(String url) {
        return Redisson.create(RedisBeans.config(url));
    }

    /** One that gives up soon, for a Redis that a test stops. Shut it down. */
    public static RedissonClient impatient(String url) {
        Config config = RedisBeans.config(url);
        config.useSingleServer()
                .setConnectTimeout(300)
                .setTimeout(300)
                .setRetryAttempts(1)
                .setRetryDelay(attempt -> Duration.ofMillis(50));
        return Redisson.create(config);
    }
}
