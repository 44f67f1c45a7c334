package io.carillon.platform.redis;

import org.redisson.Redisson;
import org.redisson.api.RedissonClient;

/** Connects as the server does. */
public final class Connecting {
    private Connecting() {}

    public static RedissonClient to(String url) {
        return Redisson.create(RedisBeans.config(url));
    }
}
