package io.carillon.platform.redis;

import io.carillon.platform.config.Configuration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Connects to Redis and makes it injectable. */
@ApplicationScoped
class RedisBeans {

    @Produces
    @Singleton
    RedissonClient client(Configuration configuration) {
        return Redisson.create(config(configuration.redisUrl()));
    }

    void close(@Disposes RedissonClient client) {
        client.shutdown();
    }

    @Produces
    @Singleton
    Scripts scripts(RedissonClient client) {
        return new Scripts(client);
    }

    @Produces
    @Singleton
    Words words(RedissonClient client) {
        return new Words(client);
    }

    static Config config(String url) {
        Config config = new Config();
        config.setUseScriptCache(true);
        config.setNettyThreads(4);
        config.setThreads(4);
        config.useSingleServer()
                .setAddress(url)
                .setConnectionMinimumIdleSize(4)
                .setConnectionPoolSize(16)
                .setSubscriptionConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(4)
                .setConnectTimeout(2000)
                .setTimeout(3000)
                .setRetryAttempts(3);
        return config;
    }
}
