package io.carillon.stores;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * A Redis master with one replica, watched by three sentinels, on this machine. A master that was silent for a second is
 * replaced by its replica. Safe for many threads.
 */
public final class EmbeddedRedisSentinel implements AutoCloseable {
    /** What the sentinels call the master. */
    public static final String NAME = "carillon";

    private static final int SENTINELS = 3;
    private static final String USER = "carillon";

    private final List<RedisNode> servers = new ArrayList<>();
    private final List<RedisNode> sentinels = new ArrayList<>();
    private final String login = USER + ":" + SecretFile.random();

    private EmbeddedRedisSentinel() {}

    /**
     * Starts all five and waits until they know each other and the replica is in step.
     *
     * @param directory an empty one, or one that does not exist
     * @throws StoreFailure when they do not start
     */
    public static EmbeddedRedisSentinel start(Path directory) {
        EmbeddedRedisSentinel redis = new EmbeddedRedisSentinel();
        try {
            redis.startAll(directory);
            return redis;
        } catch (RuntimeException e) {
            redis.close();
            throw e;
        }
    }

    private void startAll(Path directory) {
        RedisNode master = RedisNode.start(
                directory.resolve("server-0"), login, port -> EmbeddedRedisCluster.configuration(port, login));
        servers.add(master);
        RedisNode replica = RedisNode.start(
                directory.resolve("server-1"),
                login,
                port -> EmbeddedRedisCluster.configuration(port, login) + "replicaof 127.0.0.1 " + master.port()
                        + "\n");
        servers.add(replica);
        RedisNode.await(() -> replica.ask("INFO", "replication").contains("master_link_status:up"));
        for (int i = 0; i < SENTINELS; i++) {
            sentinels.add(RedisNode.start(
                    directory.resolve("sentinel-" + i), "", port -> watching(port, master.port()), "--sentinel"));
        }
        awaitStable();
    }

    private String watching(int port, int master) {
        return """
                bind 127.0.0.1
                port %d
                dir ./
                set-proc-title no
                sentinel monitor %s 127.0.0.1 %d 2
                sentinel auth-user %s %s
                sentinel auth-pass %s %s
                sentinel down-after-milliseconds %s 1000
                sentinel failover-timeout %s 6000
                """
                .formatted(port, NAME, master, NAME, USER, NAME, login.substring(login.indexOf(':') + 1), NAME, NAME);
    }

    /** Waits until each sentinel knows the others and one replica that is in step. */
    public void awaitStable() {
        for (RedisNode sentinel : sentinels) {
            RedisNode.await(() -> sentinel.ask("SENTINEL", "CKQUORUM", NAME).startsWith("OK " + SENTINELS)
                    && sentinel.ask("SENTINEL", "REPLICAS", NAME).contains("master-link-status\nok"));
        }
    }

    /** {@code redis-sentinel://user:password@host:port,host:port,host:port/name}, the sentinels. */
    public String url() {
        return "redis-sentinel://" + login + "@"
                + sentinels.stream().map(RedisNode::address).collect(Collectors.joining(",")) + "/" + NAME;
    }

    /** The master that the sentinels name now; waits for one that lives. */
    public RedisNode master() {
        AtomicReference<RedisNode> found = new AtomicReference<>();
        RedisNode.await(() -> {
            String[] address = sentinels
                    .get(0)
                    .ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
                    .split("\n");
            for (RedisNode server : servers) {
                if (Integer.parseInt(address[1]) == server.port()
                        && server.alive()
                        && server.ask("ROLE").startsWith("master")) {
                    found.set(server);
                    return true;
                }
            }
            return false;
        });
        return found.get();
    }

    @Override
    public void close() {
        sentinels.parallelStream().forEach(RedisNode::close);
        servers.parallelStream().forEach(RedisNode::close);
    }
}
