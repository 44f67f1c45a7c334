package io.carillon.platform.redis;

import io.carillon.stores.SharedStores;
import java.time.Duration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Redis clients that are set up as the server's is. */
public final class RedisClients {
    private RedisClients() {}

    private static final class Shared {
        static final RedissonClient CLIENT =
                Redisson.create(RedisBeans.config(SharedStores.redis().url()));

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(CLIENT::shutdown));
        }
    }

    /** The one that all tests share, on the Redis that all tests share. */
    public static RedissonClient shared() {
        return Shared.CLIENT;
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
