package io.carillon.platform.redis;

import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.connection.ConnectionManager;
import org.redisson.connection.MasterSlaveEntry;
import org.redisson.misc.RedisURI;

/** Which server has a key now, as the client knows it. Safe for many threads. */
public final class Masters {
    private final ConnectionManager connections;

    public Masters(RedissonClient client) {
        this.connections = ((Redisson) client).getCommandExecutor().getConnectionManager();
    }

    /**
     * The master that serves the slot of a key.
     *
     * @throws IllegalStateException when there is none now
     */
    public RedisUrl.Node of(String key) {
        MasterSlaveEntry entry = connections.getEntry(connections.calcSlot(key));
        if (entry == null || entry.getClient() == null) {
            throw new IllegalStateException("No master serves the slot of " + key);
        }
        RedisURI address = entry.getClient().getConfig().getAddress();
        return new RedisUrl.Node(address.getHost(), address.getPort());
    }
}
