package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.CallbackReceiver;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Launched;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What is left after SIGKILL. One whole of its own that is killed again and again, so each test goes on with what the one
 * before has left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Execution(ExecutionMode.SAME_THREAD)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class CrashIT {
    private static final Path DIRECTORY = Path.of("target", "crash").toAbsolutePath();

    private final CallbackReceiver receiver = CallbackReceiver.start();
    private Launched carillon;

    @BeforeAll
    void begin() {
        removeTree(DIRECTORY);
        start();
    }

    private void start() {
        carillon = Launched.start(DIRECTORY, Map.of("CARILLON_CALLBACK_ALLOW_PRIVATE", "true"));
    }

    @AfterAll
    void end() {
        carillon.close();
        receiver.close();
    }

    private static void removeTree(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Producers that put offline tasks until they are stopped, and the ids that they were told. */
    private static final class Producers {
        final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        private final List<Thread> threads = new ArrayList<>();
        private volatile boolean stopped;

        Producers(Server server, String queue) {
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> put(server, queue), "producer");
                thread.setDaemon(true);
                threads.add(thread);
                thread.start();
            }
        }

        private void put(Server server, String queue) {
            while (!stopped) {
                try {
                    Answer answer = server.put(Put.offline(queue));
                    if (answer.status() == 200) {
                        acknowledged.add(answer.json().path("data").asText());
                    }
                } catch (AssertionError notAnswered) {
                    // So nothing was promised.
                }
            }
        }

        Producers untilAcknowledged(int count) {
            Eventually.get(Duration.ofSeconds(30), acknowledged::size, size -> size >= count);
            return this;
        }

        void stop() {
            stopped = true;
            threads.forEach(thread -> {
                try {
                    thread.join(Duration.ofSeconds(50).toMillis());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    /** Takes everything from a level, completes it, and gives the ids in the order in which they were taken. */
    private static List<String> drain(Server server, String name) {
        List<String> taken = new ArrayList<>();
        List<String> some;
        do {
            some = Server.ids(server.take(
                    "{\"queues\":[\"" + name + "\"],\"size\":100,\"strategy\":\"active_passive\",\"wait_seconds\":3}"));
            for (String id : some) {
                Answer answer = server.complete(id, "{\"status_code\":200,\"body\":{}}");
                assertThat(answer.expect(200).header("X-Carillon-Accepted")).isNotEqualTo(Optional.of("false"));
            }
            taken.addAll(some);
        } while (!some.isEmpty());
        return taken;
    }

    private static void allWereTakenOnce(Set<String> acknowledged, List<String> taken) {
        assertThat(taken).doesNotHaveDuplicates();
        assertThat(taken).containsAll(acknowledged);
    }

    private static void worksAgain(Server server, String queue) {
        Eventually.passes(Duration.ofSeconds(40), () -> {
            Answer put = server.put(Put.offline(queue).level(9));
            assertThat(put.status()).as(put.toString()).isEqualTo(200);
            Answer take = server.take("{\"queues\":[\"" + queue + ":9\"],\"size\":1,\"wait_seconds\":2}");
            assertThat(take.status()).as(take.toString()).isEqualTo(200);
            assertThat(Server.ids(take)).isNotEmpty();
            Answer online = server.put(Put.online(queue));
            assertThat(online.status()).as(online.toString()).isEqualTo(200);
        });
    }

    @Test
    @Order(1)
    void aKillOfRedisLosesNoOfflineTaskAndTheServerGoesOn() {
        Server server = carillon.server();
        String queue = server.newQueue();
        Producers producers = new Producers(server, queue).untilAcknowledged(50);

        carillon.kill("redis");

        worksAgain(server, queue);
        producers.untilAcknowledged(producers.acknowledged.size() + 20).stop();
        allWereTakenOnce(producers.acknowledged, drain(server, queue + ":1"));
        CompletableFuture<Answer> caller = server.putLater(Put.blocking(queue));
        Eventually.get(
                () -> {
                    Server.ids(server.take("{\"queues\":[\"" + queue + ":0\"],\"size\":10,\"wait_seconds\":1}"))
                            .forEach(id -> server.complete(id, "{\"body\":1}"));
                    return caller.isDone();
                },
                done -> done);
        assertThat(caller.join().text()).isEqualTo("1");
        assertThat(server.get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    @Order(2)
    void aKillOfMariaDbLosesNoOfflineTaskAndTheServerGoesOn() {
        Server server = carillon.server();
        String queue = server.newQueue();
        Producers producers = new Producers(server, queue).untilAcknowledged(50);

        carillon.kill("mariadb");

        worksAgain(server, queue);
        producers.untilAcknowledged(producers.acknowledged.size() + 20).stop();
        allWereTakenOnce(producers.acknowledged, drain(server, queue + ":1"));
        assertThat(server.get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void aKillOfTheServerLosesNothing() {
        Server before = carillon.server();
        String queue = before.newQueue();
        Inbox inbox = receiver.answering(503);
        String owed = before.putTask(Put.offline(queue).level(2).callback(inbox.url()));
        String owedOnline = before.putTask(Put.online(queue).callback(inbox.url()));
        String online = before.putTask(Put.online(queue));
        String leased = before.putTask(Put.offline(queue).level(3));
        before.takeOne(queue + ":3", ",\"process_timeout\":1,\"process_max_retries\":3");
        Producers producers = new Producers(before, queue).untilAcknowledged(50);
        before.complete(owed, "{\"body\":\"owed\"}").expect(200);
        before.complete(owedOnline, "{\"body\":\"owed online\"}").expect(200);

        carillon.kill("server");

        assertThat(carillon.exitCode(Duration.ofSeconds(30))).isEqualTo(1);
        producers.stop();
        carillon.close();
        start();
        Server after = carillon.server();
        allWereTakenOnce(producers.acknowledged, drain(after, queue + ":1"));
        assertThat(drain(after, queue + ":0")).containsExactly(online);
        assertThat(Server.id(after.takeOne(queue + ":3"))).isEqualTo(leased);
        Eventually.get(
                Duration.ofSeconds(30),
                () -> inbox.received().stream().map(request -> request.text()).toList(),
                texts -> texts.contains("{\"body\":\"owed\"}") && texts.contains("{\"body\":\"owed online\"}"));
        assertThat(after.status(owed)).isEqualTo("succeeded");
    }

    @Test
    @Order(4)
    void aKillOfEverythingAtOnceLosesNoOfflineTaskAndNoResult() {
        Server before = carillon.server();
        String queue = before.newQueue();
        Producers producers = new Producers(before, queue).untilAcknowledged(100);
        ConcurrentLinkedQueue<String> completed = new ConcurrentLinkedQueue<>();
        before.take("active_passive", 20, queue + ":1").forEach(id -> {
            before.complete(id, "{\"body\":\"" + id + "\"}").expect(200);
            completed.add(id);
        });
        String controlled = before.newQueue();
        JsonNode settings = before.patch("/v1/queues/" + controlled, "{\"draining\":true,\"concurrency\":3}")
                .expect(200)
                .json()
                .path("settings");

        carillon.killAll();

        producers.stop();
        carillon.close();
        start();
        Server after = carillon.server();
        Set<String> left = ConcurrentHashMap.newKeySet();
        left.addAll(producers.acknowledged);
        left.removeAll(completed);
        List<String> taken = drain(after, queue + ":1");
        allWereTakenOnce(left, taken);
        assertThat(taken).doesNotContainAnyElementsOf(completed);
        assertThat(completed).allSatisfy(id -> {
            JsonNode task = after.task(id).expect(200).json();
            assertThat(task.path("status").asText()).isEqualTo("succeeded");
            assertThat(task.path("result").path("body").asText()).isEqualTo(id);
        });
        assertThat(after.get("/v1/queues/" + controlled).expect(200).json().path("settings"))
                .isEqualTo(settings);
        assertThat(after.put(Put.online(controlled)).status()).isEqualTo(503);
    }

    @Test
    @Order(5)
    void sigtermStopsEverythingWithin15Seconds() {
        Server server = carillon.server();
        String queue = server.newQueue();
        CompletableFuture<Answer> caller = server.putLater(Put.blocking(queue));
        server.takeOne(queue + ":0");
        String kept = server.putTask(Put.offline(queue));

        carillon.terminate();
        carillon.exitCode(Duration.ofSeconds(15));

        assertThat(carillon.anythingRuns()).isFalse();
        for (String part : Launched.PARTS) {
            assertThat(DIRECTORY.resolve("run").resolve(part + ".pid")).doesNotExist();
        }
        assertThat(caller.handle((answer, failure) ->
                                failure != null || answer.status() == 503 || answer.status() == 408)
                        .join())
                .isTrue();
        carillon = Launched.start(DIRECTORY, Map.of());
        assertThat(drain(carillon.server(), queue + ":1")).containsExactly(kept);
    }

    @Test
    @Order(6)
    void callbacksToPrivateAddressesAreRefusedUnlessAllowed() {
        Server server = carillon.server();
        Inbox inbox = receiver.inbox();

        Answer put = server.put(Put.offline(server.newQueue()).callback(inbox.url()));

        assertThat(put.status()).as(put.toString()).isEqualTo(400);
        assertThat(inbox.received()).isEmpty();
    }
}
