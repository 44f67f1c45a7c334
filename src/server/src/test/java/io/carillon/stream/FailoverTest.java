package io.carillon.stream;

import static io.carillon.task.OnlineEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.stores.EmbeddedRedisCluster;
import io.carillon.stores.EmbeddedRedisSentinel;
import io.carillon.stores.RedisConnection;
import io.carillon.stores.RedisNode;
import io.carillon.task.Attempt;
import io.carillon.task.NewTask;
import io.carillon.task.ResponseMode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The event bus on Redis servers of which one can take another's place; workers have a client that knows one of them. */
@Timeout(120)
class FailoverTest {
    private static final Duration A_FAILOVER = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void workersAnswerOverTheMasterOfAClusterThatTheBusIsOnAndOverItsReplicaWhenItDied() throws IOException {
        try (EmbeddedRedisCluster cluster = EmbeddedRedisCluster.start(directory);
                Server a = new Server(cluster.url(), 401).start();
                Server b = new Server(cluster.url(), 402).start()) {
            int queue = 1;
            while (cluster.masterOf("carillon:{" + queue + "}:") == cluster.masterOf(EventBus.TOPIC)) {
                queue++;
            }
            workersAnswer(a, b, queue, () -> cluster.masterOf(EventBus.TOPIC));
            assertThat(cluster.nodes())
                    .filteredOn(RedisNode::alive)
                    .filteredOn(node -> told(node, "ROLE").startsWith("master"))
                    .allSatisfy(node -> Patience.until("the workers' user is there", () -> told(node, "ACL", "LIST")
                            .contains("user carillon-bus ")));
        }
    }

    @Test
    void workersAnswerOverTheMasterThatSentinelsNameAndOverItsReplicaWhenItDied() throws IOException {
        try (EmbeddedRedisSentinel redis = EmbeddedRedisSentinel.start(directory);
                Server a = new Server(redis.url(), 403).start();
                Server b = new Server(redis.url(), 404).start()) {
            workersAnswer(a, b, 1, redis::master);
        }
    }

    private static void workersAnswer(Server a, Server b, int queue, Supplier<RedisNode> master) throws IOException {
        Reader reader = new Reader();
        NewTask streaming = a.engine.newTask(queue, ResponseMode.STREAMING, Duration.ofSeconds(60));
        a.callers.stream(streaming, reader.events(), why -> new CallerAnswer(503, RawJson.of("{}")));
        taken(b, queue);
        Patience.until("the bus can be used", () -> answered(() -> b.bus.address()));
        try (RedisConnection worker = worker(b)) {
            for (int n = 0; n < 20; n++) {
                worker.command(Server.append(
                        a.name,
                        BusEvent.PROGRESS,
                        "{\"taskId\":\"" + streaming.id().text() + "\",\"eventId\":\"" + n + "\",\"eventData\":" + n
                                + "}"));
            }
            worker.command(Server.append(
                    a.name,
                    BusEvent.COMPLETION,
                    Server.completion(streaming.id().text(), "{}")));
        }
        Patience.until("the stream ends", () -> reader.finished);
        assertThat(reader.text().lines().filter(line -> line.startsWith("data:")))
                .hasSize(20);

        NewTask blocking = a.engine.newTask(queue, ResponseMode.BLOCKING, Duration.ofSeconds(60));
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking);
        taken(b, queue);
        RedisNode before = master.get();
        // What the replica does not have yet is lost with the master: that is not what this is about.
        try (RedisConnection connection = before.connect()) {
            connection.command("SET", "carillon:{bus}:probe", "1");
            assertThat(connection.command("WAIT", "1", "5000")).isEqualTo("1");
        }
        before.kill();
        RedisNode after = master.get();

        assertThat(after).isNotSameAs(before);
        Patience.until("a worker can answer", A_FAILOVER, () -> {
            try (RedisConnection worker = worker(b)) {
                worker.command(Server.append(
                        a.name,
                        BusEvent.COMPLETION,
                        Server.completion(blocking.id().text(), "{\"body\":\"after\"}")));
                return true;
            } catch (IOException | Refused notYet) {
                return false;
            }
        });
        assertThat(URI.create(b.bus.address().url()).getPort()).isEqualTo(after.port());
        assertThat(await(answer).body().text()).isEqualTo("\"after\"");
    }

    private static boolean answered(Supplier<?> question) {
        try {
            question.get();
            return true;
        } catch (Refused notYet) {
            return false;
        }
    }

    private static RedisConnection worker(Server server) throws IOException {
        return RedisConnection.open(URI.create(server.bus.address().url()), Duration.ofSeconds(2));
    }

    private static String told(RedisNode node, String... command) {
        try {
            return node.ask(command);
        } catch (IOException notYet) {
            return "";
        }
    }

    private static void taken(Server server, int queue) {
        Attempt[] got = new Attempt[1];
        Patience.until("the task can be taken", () -> {
            server.engine.take(queue, 1).forEach(attempt -> got[0] = attempt);
            return got[0] != null;
        });
    }
}
