package io.carillon.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A Redis Cluster on this machine: three masters with a third of the slots each, and a replica of each. A node that was
 * silent for a second counts as failed, and its replica takes over. Safe for many threads.
 */
public final class EmbeddedRedisCluster implements AutoCloseable {
    private static final int MASTERS = 3;
    private static final int SLOTS = 16_384;
    private static final String USER = "carillon";

    private final List<RedisNode> nodes;
    private final String login;

    private EmbeddedRedisCluster(List<RedisNode> nodes, String login) {
        this.nodes = List.copyOf(nodes);
        this.login = login;
    }

    /**
     * Starts one and waits until it serves all slots and each replica is in step.
     *
     * @param directory an empty one, or one that does not exist
     * @throws StoreFailure when it does not start
     */
    public static EmbeddedRedisCluster start(Path directory) {
        return start(directory, Duration.ofSeconds(1));
    }

    /** @param silence after which a node counts as failed */
    public static EmbeddedRedisCluster start(Path directory, Duration silence) {
        String login = USER + ":" + SecretFile.random();
        List<RedisNode> nodes = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * MASTERS; i++) {
                nodes.add(RedisNode.start(
                        directory.resolve("node-" + i), login, port -> configuration(port, login, silence)));
            }
            bringTogether(nodes);
        } catch (IOException e) {
            nodes.forEach(RedisNode::close);
            throw new StoreFailure("The nodes of a cluster do not come together: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            nodes.forEach(RedisNode::close);
            throw e;
        }
        return new EmbeddedRedisCluster(nodes, login);
    }

    /** What a server needs whose memory another one copies. */
    static String configuration(int port, String login) {
        String user = login.substring(0, login.indexOf(':'));
        String password = login.substring(login.indexOf(':') + 1);
        return """
                bind 127.0.0.1
                port %d
                user default off
                user %s on >%s ~* &* +@all
                masteruser %s
                masterauth %s
                dir ./
                appendonly yes
                appendfsync no
                save ""
                repl-ping-replica-period 1
                maxmemory-policy noeviction
                set-proc-title no
                """
                .formatted(port, user, password, user, password);
    }

    private static String configuration(int port, String login, Duration silence) {
        return configuration(port, login)
                + """
                cluster-enabled yes
                cluster-config-file nodes.conf
                cluster-node-timeout %d
                cluster-replica-validity-factor 0
                """
                        .formatted(silence.toMillis());
    }

    private static void bringTogether(List<RedisNode> nodes) throws IOException {
        for (int i = 0; i < MASTERS; i++) {
            List<String> slots = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
            IntStream.range(i * SLOTS / MASTERS, (i + 1) * SLOTS / MASTERS)
                    .mapToObj(Integer::toString)
                    .forEach(slots::add);
            nodes.get(i).ask(slots.toArray(String[]::new));
            nodes.get(i).ask("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
        }
        for (RedisNode node : nodes.subList(1, nodes.size())) {
            nodes.get(0).ask("CLUSTER", "MEET", "127.0.0.1", Integer.toString(node.port()));
        }
        for (RedisNode node : nodes) {
            RedisNode.await(() -> node.ask("CLUSTER", "INFO").contains("cluster_known_nodes:" + nodes.size()));
        }
        for (int i = 0; i < MASTERS; i++) {
            String master = nodes.get(i).ask("CLUSTER", "MYID");
            RedisNode replica = nodes.get(MASTERS + i);
            RedisNode.await(() -> replica.ask("CLUSTER", "REPLICATE", master).equals("OK"));
        }
        awaitStable(nodes);
    }

    /** Waits until all nodes live, agree on the cluster, and each replica is in step with its master. */
    public void awaitStable() {
        awaitStable(nodes);
    }

    private static void awaitStable(List<RedisNode> nodes) {
        for (RedisNode node : nodes) {
            RedisNode.await(() -> node.ask("CLUSTER", "INFO").contains("cluster_state:ok")
                    && lines(node).filter(line -> line.contains("slave")).count() == MASTERS
                    && lines(node).noneMatch(line -> line.contains("fail") || line.contains("handshake")));
            RedisNode.await(() -> {
                String replication = node.ask("INFO", "replication");
                return replication.contains("role:master")
                        ? replication.contains("state=online")
                        : replication.contains("master_link_status:up");
            });
        }
    }

    private static Stream<String> lines(RedisNode node) throws IOException {
        return node.ask("CLUSTER", "NODES").lines();
    }

    /** {@code redis-cluster://user:password@host:port,host:port,...}, all nodes. */
    public String url() {
        return "redis-cluster://" + login + "@"
                + nodes.stream().map(RedisNode::address).collect(Collectors.joining(","));
    }

    /** {@code user:password} of the user that may do everything. */
    public String login() {
        return login;
    }

    public List<RedisNode> nodes() {
        return nodes;
    }

    /** The living master that has the slot of a key; waits for one while there is none. */
    public RedisNode masterOf(String key) {
        AtomicReference<RedisNode> found = new AtomicReference<>();
        RedisNode.await(() -> {
            for (RedisNode node : nodes) {
                if (node.alive()
                        && node.ask("ROLE").startsWith("master")
                        && serves(node, Integer.parseInt(node.ask("CLUSTER", "KEYSLOT", key)))) {
                    found.set(node);
                    return true;
                }
            }
            return false;
        });
        return found.get();
    }

    /** Lets the replica of a master fall behind for good: what the master is told from now on it will never know. */
    public void cutOff(RedisNode master) {
        RedisNode.await(() -> {
            String id = master.ask("CLUSTER", "MYID");
            for (RedisNode node : nodes) {
                if (node.alive() && lines(node).anyMatch(line -> line.contains("myself,slave " + id))) {
                    node.ask("CONFIG", "SET", "masterauth", "wrong");
                    master.ask("CLIENT", "KILL", "TYPE", "replica");
                    return node.ask("INFO", "replication").contains("master_link_status:down");
                }
            }
            return false;
        });
    }

    /** Ends what {@link #cutOff} did. */
    public void letIn() {
        for (RedisNode node : nodes) {
            RedisNode.await(() -> node.ask("CONFIG", "SET", "masterauth", login.substring(login.indexOf(':') + 1))
                    .equals("OK"));
        }
    }

    private static boolean serves(RedisNode node, int slot) throws IOException {
        String self =
                lines(node).filter(line -> line.contains("myself")).findFirst().orElse("");
        String[] words = self.split(" ");
        for (int i = 8; i < words.length; i++) {
            String[] range = words[i].split("-");
            if (Integer.parseInt(range[0]) <= slot && slot <= Integer.parseInt(range[range.length - 1])) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        nodes.parallelStream().forEach(RedisNode::close);
    }
}
