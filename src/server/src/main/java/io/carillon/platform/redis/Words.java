package io.carillon.platform.redis;

import java.util.function.Consumer;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * Short words that scripts publish for all instances. Each comes once or, when a connection breaks, never: who must not
 * miss one also looks from time to time. Safe for many threads.
 */
public class Words {
    private final RedissonClient client;

    public Words(RedissonClient client) {
        this.client = client;
    }

    /**
     * Hears what is published on a channel from now on.
     *
     * @param listener is called on a thread of Redis's client, so it must not block
     * @return ends it
     */
    public Runnable hear(String channel, Consumer<String> listener) {
        RTopic topic = client.getTopic(channel, StringCodec.INSTANCE);
        int id = topic.addListener(String.class, (from, word) -> listener.accept(word));
        return () -> topic.removeListener(id);
    }
}
