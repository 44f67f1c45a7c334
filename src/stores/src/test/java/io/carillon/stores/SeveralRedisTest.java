package io.carillon.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeveralRedisTest {
    @TempDir
    Path temp;

    @Test
    void theReplicaOfAKilledMasterTakesOverItsSlotsAndTheKilledOneBecomesItsReplica() throws IOException {
        try (EmbeddedRedisCluster cluster = EmbeddedRedisCluster.start(temp)) {
            Set<RedisNode> masters = IntStream.range(0, 100)
                    .mapToObj(i -> cluster.masterOf("key-" + i))
                    .collect(Collectors.toSet());
            RedisNode before = cluster.masterOf("key");
            try (RedisConnection connection = before.connect()) {
                connection.command("SET", "key", "value");
                assertThat(connection.command("WAIT", "1", "5000")).isEqualTo("1");
            }

            before.kill();
            RedisNode after = cluster.masterOf("key");
            before.restart();
            cluster.awaitStable();

            assertThat(masters).hasSize(3).contains(before).doesNotContain(after);
            assertThat(after.ask("GET", "key")).isEqualTo("value");
            assertThat(before.ask("ROLE")).startsWith("slave");
        }
    }

    @Test
    void sentinelsReplaceAKilledMasterByItsReplica() throws IOException {
        try (EmbeddedRedisSentinel redis = EmbeddedRedisSentinel.start(temp)) {
            RedisNode before = redis.master();
            try (RedisConnection connection = before.connect()) {
                connection.command("SET", "key", "value");
                assertThat(connection.command("WAIT", "1", "5000")).isEqualTo("1");
            }

            before.kill();
            RedisNode after = redis.master();
            before.restart();
            redis.awaitStable();

            assertThat(after).isNotSameAs(before);
            assertThat(after.ask("GET", "key")).isEqualTo("value");
            RedisNode.await(() -> before.ask("ROLE").startsWith("slave"));
        }
    }
}
