package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.standalone.Standalone;
import io.carillon.stores.Durability;
import io.carillon.stores.RedisNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Producers and workers that go on while a Redis master dies, and a look at what became of the tasks: each that was
 * acknowledged succeeds, and with one result only.
 */
final class LossOfAMaster implements AutoCloseable {
    private static final Duration DRAINED_WITHIN = Duration.ofSeconds(60);
    private static final int PRODUCERS = 4;
    private static final int WORKERS = 4;

    private final Standalone carillon;
    private final Server server;
    private final ConcurrentLinkedQueue<String> acknowledged = new ConcurrentLinkedQueue<>();
    /** The results that counted, by task. */
    private final Map<String, List<String>> accepted = new ConcurrentHashMap<>();

    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean enough;
    private volatile boolean over;

    private LossOfAMaster(Standalone carillon) {
        this.carillon = carillon;
        this.server = new Server(carillon.url(), carillon.adminKey());
    }

    /** Starts a server on that Redis. */
    static LossOfAMaster on(String redisUrl, Path directory) {
        return new LossOfAMaster(Standalone.builder()
                .dataDirectory(directory)
                .durability(Durability.RELAXED)
                .env("CARILLON_REDIS_URL", redisUrl)
                .env("CARILLON_JAVA_OPTS", "-Xmx1g -XX:TieredStopAtLevel=1")
                .start());
    }

    /** @param masterOf the master that has the queue of a number now */
    void during(int tasks, int queues, IntFunction<RedisNode> masterOf) {
        List<String> names =
                IntStream.range(0, queues).mapToObj(i -> server.newQueue()).toList();
        String[] first = names.stream().map(name -> name + ":1").toArray(String[]::new);
        for (int i = 0; i < PRODUCERS; i++) {
            begin(() -> produce(names, tasks));
        }
        for (int i = 0; i < WORKERS; i++) {
            begin(() -> work(first));
        }
        Eventually.get(DRAINED_WITHIN, acknowledged::size, size -> size >= tasks / 3);
        int number = Integer.parseInt(acknowledged.peek().split("-")[1]);
        RedisNode master = masterOf.apply(number);
        master.kill();
        assertThat(masterOf.apply(number)).isNotSameAs(master);
        Eventually.get(DRAINED_WITHIN, acknowledged::size, size -> size >= tasks);
        enough = true;

        Eventually.get(
                DRAINED_WITHIN,
                () -> acknowledged.stream()
                        .filter(id -> !accepted.containsKey(id))
                        .toList(),
                List::isEmpty);
        assertThat(accepted.values()).allSatisfy(results -> assertThat(results).hasSize(1));
        for (String id : acknowledged) {
            JsonNode task = server.task(id).expect(200).json();
            assertThat(task.path("status").asText()).isEqualTo("succeeded");
            assertThat(task.path("result").path("body").asText())
                    .isEqualTo(accepted.get(id).get(0));
        }
        callersAreAnsweredOverTheBus(names.get(0));
        assertThat(server.get("/health/ready").status()).isEqualTo(200);
    }

    private void callersAreAnsweredOverTheBus(String queue) {
        CompletableFuture<Answer> caller = server.putLater(Put.blocking(queue));
        JsonNode task = server.takeOne(queue + ":0");
        Eventually.passes(() -> {
            try (BusWorker worker = new BusWorker(server)) {
                worker.complete(task, "{\"body\":\"over the bus\"}");
            }
        });
        assertThat(caller.join().text()).isEqualTo("\"over the bus\"");
    }

    private void begin(Runnable work) {
        Thread thread = new Thread(work, "load");
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void produce(List<String> names, int tasks) {
        for (int i = 0; !enough && !over && acknowledged.size() < tasks; i++) {
            try {
                Answer answer = server.put(Put.offline(names.get(i % names.size())));
                if (answer.status() == 200) {
                    acknowledged.add(answer.json().path("data").asText());
                }
            } catch (AssertionError notAnswered) {
                // So nothing was promised.
            }
        }
    }

    private void work(String... queues) {
        while (!over) {
            try {
                Answer take = server.take("{\"queues\":" + Server.quoted(queues)
                        + ",\"size\":10,\"wait_seconds\":1,\"process_timeout\":3,\"process_max_retries\":100}");
                if (take.status() == 200) {
                    Server.ids(take).forEach(this::complete);
                }
            } catch (AssertionError notAnswered) {
                // Whatever it took comes again when the lease is over.
            }
        }
    }

    /** Says it again until it is heard, as a worker should. */
    private void complete(String id) {
        String result = UUID.randomUUID().toString();
        while (!over) {
            Answer answer;
            try {
                answer = server.complete(id, "{\"status_code\":200,\"body\":\"" + result + "\"}");
            } catch (AssertionError notAnswered) {
                continue;
            }
            if (answer.status() == 200) {
                if (!answer.header("X-Carillon-Accepted").equals(Optional.of("false"))) {
                    accepted.computeIfAbsent(id, key -> new CopyOnWriteArrayList<>())
                            .add(result);
                }
                return;
            }
            if (answer.status() < 500) {
                return;
            }
        }
    }

    @Override
    public void close() {
        over = true;
        carillon.close();
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(5).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
