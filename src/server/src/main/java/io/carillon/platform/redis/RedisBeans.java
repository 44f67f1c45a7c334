package io.carillon.platform.redis;

import io.carillon.platform.config.Configuration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.BaseConfig;
import org.redisson.config.BaseMasterSlaveServersConfig;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;
import org.redisson.config.ReadMode;
import org.redisson.config.SentinelServersConfig;
import org.redisson.config.SubscriptionMode;

/** Connects to Redis and makes it injectable. */
@ApplicationScoped
class RedisBeans {
    private static final int LEAST_CONNECTIONS = 4;
    private static final int MOST_CONNECTIONS = 16;
    /** How soon a new master is noticed that nothing else tells of. */
    private static final int LOOK_MILLIS = 1000;

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

    /** @param text see {@link RedisUrl} */
    static Config config(String text) {
        RedisUrl url = RedisUrl.parse(text);
        Config config = new Config();
        config.setUseScriptCache(true);
        config.setNettyThreads(4);
        config.setThreads(4);
        url.user().ifPresent(config::setUsername);
        url.password().ifPresent(config::setPassword);
        switch (url.kind()) {
            case SINGLE ->
                patient(config.useSingleServer())
                        .setAddress(url.addresses()[0])
                        .setConnectionMinimumIdleSize(LEAST_CONNECTIONS)
                        .setConnectionPoolSize(MOST_CONNECTIONS)
                        .setSubscriptionConnectionMinimumIdleSize(1)
                        .setSubscriptionConnectionPoolSize(4);
            case CLUSTER -> {
                ClusterServersConfig cluster = mastersOnly(config.useClusterServers());
                cluster.addNodeAddress(url.addresses()).setScanInterval(LOOK_MILLIS);
            }
            case SENTINEL -> {
                SentinelServersConfig sentinels = mastersOnly(config.useSentinelServers());
                // One sentinel is enough to begin with; it names the others.
                sentinels
                        .setMasterName(url.master().orElseThrow())
                        .addSentinelAddress(url.addresses())
                        .setScanInterval(LOOK_MILLIS)
                        .setCheckSentinelsList(false);
                url.sentinelUser().ifPresent(sentinels::setSentinelUsername);
                url.sentinelPassword().ifPresent(sentinels::setSentinelPassword);
            }
        }
        return config;
    }

    private static <T extends BaseConfig<T>> T patient(T config) {
        return config.setConnectTimeout(2000).setTimeout(3000).setRetryAttempts(3);
    }

    /** A replica is behind, so nothing is read from one. */
    private static <T extends BaseMasterSlaveServersConfig<T>> T mastersOnly(T config) {
        return patient(config)
                .setReadMode(ReadMode.MASTER)
                .setSubscriptionMode(SubscriptionMode.MASTER)
                .setMasterConnectionMinimumIdleSize(LEAST_CONNECTIONS)
                .setMasterConnectionPoolSize(MOST_CONNECTIONS)
                .setSubscriptionConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(4);
    }
}
