package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.Masters;
import io.carillon.platform.redis.RedisClients;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Queue;
import io.carillon.stores.EmbeddedRedisCluster;
import io.carillon.stores.RedisNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.api.RedissonClient;

/** The engine on a Redis Cluster: two instances, and a queue on each master. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    private static EmbeddedRedisCluster cluster;
    private static RedissonClient clientA;
    private static RedissonClient clientB;

    private Engine a;
    private Engine b;
    /** One queue on each of the three masters. */
    private List<Queue> queues;

    @BeforeAll
    static void startCluster() {
        cluster = EmbeddedRedisCluster.start(directory);
        clientA = RedisClients.on(cluster.url());
        clientB = RedisClients.on(cluster.url());
    }

    @AfterAll
    static void stopCluster() {
        clientA.shutdown(0, 2, TimeUnit.SECONDS);
        clientB.shutdown(0, 2, TimeUnit.SECONDS);
        cluster.close();
    }

    @BeforeEach
    void start() {
        a = Engine.startOn(clientA);
        b = a.another(clientB);
        Masters masters = new Masters(clientA);
        Map<Object, Queue> byMaster = new LinkedHashMap<>();
        while (byMaster.size() < 3) {
            Queue queue = a.queue();
            byMaster.putIfAbsent(masters.of(Keys.queue(queue.number())), queue);
        }
        queues = List.copyOf(byMaster.values());
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private List<FullQueueName> names(int level) {
        return queues.stream().map(queue -> a.name(queue, level)).toList();
    }

    private static ATake from(Engine engine, List<Queue> queues, int level) {
        ATake take = engine.aTake();
        queues.forEach(queue -> take.from(queue, level));
        return take;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void tasksOfQueuesOnAllMastersArePutHereAndTakenAndEndedThere(int level) {
        Set<TaskId> put = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            queues.forEach(queue -> put.add(a.aTask().of(queue).level(level).put()));
        }

        List<TaskId> taken = from(b, queues, level).size(100).takeIds();
        taken.forEach(id -> assertThat(b.complete(id)).isEqualTo(Completion.ACCEPTED));

        assertThat(taken).hasSize(15).containsExactlyInAnyOrderElementsOf(put);
        assertThat(taken).allSatisfy(id -> TaskAssert.assertThat(a.find(id)).isSucceeded());
        queues.forEach(queue -> assertThat(a.counts(queue)).containsEntry(level + ":succeeded", 5L));
    }

    @Test
    void aLongTakeOverAllMastersIsWokenByAPutElsewhere() {
        LongTakes longTakes = b.longTakesThatListen();
        for (Queue queue : queues) {
            CompletionStage<Map<FullQueueName, List<Attempt>>> answer =
                    longTakes.take(from(b, queues, 1).waiting(LONG).make());
            Waiting.until(() -> queues.forEach(each -> assertThat(a.left(each)).containsKey("wanted:1")));
            TaskId id = a.aTask().of(queue).put();

            assertThat(Engine.ids(Waiting.on(answer))).containsExactly(id);
            b.complete(id);
            queues.forEach(each -> clientA.getKeys().delete(Keys.queue(each.number()) + "wanted:1"));
        }
    }

    @Test
    void limitsHoldOverAllInstances() {
        for (Queue queue : queues) {
            Waiting.on(a.queues.change(
                    queue.name(), settings -> settings.but().concurrency(2).settings(), "ck_test"));
            a.aTask().of(queue).put(5);
            List<TaskId> here = a.aTake().from(queue, 1).size(1).takeIds();
            List<TaskId> there = b.aTake().from(queue, 1).size(5).takeIds();

            assertThat(here).hasSize(1);
            assertThat(there).hasSize(1);
            a.complete(here.get(0));
            assertThat(b.aTake().from(queue, 1).size(5).takeIds()).hasSize(1);
        }
    }

    @Test
    void nothingIsLeftOfEndedOfflineTasks() {
        for (Queue queue : queues) {
            TaskId id = a.aTask().of(queue).put();
            b.aTake().from(queue, 1).take();
            a.complete(id);

            assertThat(a.left(queue)).containsOnlyKeys("accepted", "counts");
        }
    }

    @Test
    void aMasterKilledWhileTasksArePutLosesNone() {
        Queue queue = queues.get(0);
        RedisNode master = cluster.masterOf(Keys.queue(queue.number()));
        List<NewTask> tasks = new ArrayList<>();
        List<CompletableFuture<Void>> puts = new ArrayList<>();
        Set<TaskId> acknowledged = new HashSet<>();
        Set<TaskId> completed = new HashSet<>();
        List<TaskId> completions = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            if (i == 300) {
                Engine.ids(a.aTake().from(queue, 1).size(50).take()).forEach(id -> {
                    completions.add(id);
                    assertThat(a.complete(id)).isEqualTo(Completion.ACCEPTED);
                });
                // Running, unknown to the replica perhaps, when their master dies.
                a.aTake().from(queue, 1).size(20).leasing(Duration.ofSeconds(2)).take();
                master.kill();
            }
            NewTask task = (i % 2 == 0 ? a : b).aTask().of(queue).make();
            tasks.add(task);
            puts.add((i % 2 == 0 ? a : b).tasks.put(task).thenAccept(done -> {}).toCompletableFuture());
        }
        for (int i = 0; i < tasks.size(); i++) {
            try {
                puts.get(i).get(40, TimeUnit.SECONDS);
                acknowledged.add(tasks.get(i).id());
            } catch (ExecutionException refused) {
                // Nothing was promised.
            } catch (InterruptedException | TimeoutException late) {
                throw new AssertionError("A put was not answered", late);
            }
        }
        assertThat(cluster.masterOf(Keys.queue(queue.number()))).isNotSameAs(master);
        // Those that met the failover may all have been refused.
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(300);
        acknowledged.add(b.aTask().of(queue).put());

        completed.addAll(completions);
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!completed.containsAll(acknowledged) && System.nanoTime() < deadline) {
            a.reap();
            List<TaskId> some = taken(b, queue);
            for (TaskId id : some) {
                if (b.complete(id) == Completion.ACCEPTED) {
                    completions.add(id);
                    completed.add(id);
                }
            }
        }

        assertThat(completed).containsAll(acknowledged);
        assertThat(completions).doesNotHaveDuplicates();
        master.restart();
        cluster.awaitStable();
    }

    @Test
    void aReplicaThatLaggedBehindItsMasterIsFilledAgainBeforeAnythingIsTaken() {
        Queue queue = queues.get(1);
        RedisNode master = cluster.masterOf(Keys.queue(queue.number()));
        List<TaskId> ids = new ArrayList<>(a.aTask().of(queue).put(20));
        cluster.cutOff(master);
        ids.addAll(b.aTask().of(queue).put(20));
        List<TaskId> ended = a.aTake().from(queue, 1).size(5).takeIds();
        ended.forEach(a::complete);
        List<TaskId> running = b.aTake().from(queue, 1).size(5).worker("bob").takeIds();
        Waiting.until(() -> running.forEach(
                id -> TaskAssert.assertThat(b.table.find(id).orElseThrow()).isRunning()));

        master.kill();
        assertThat(cluster.masterOf(Keys.queue(queue.number()))).isNotSameAs(master);
        List<TaskId> taken = new ArrayList<>();
        Waiting.until(() -> {
            taken.addAll(taken(a, queue));
            assertThat(taken).isNotEmpty();
        });

        assertThat(ended).isEqualTo(ids.subList(0, 5));
        assertThat(running).isEqualTo(ids.subList(5, 10));
        assertThat(taken).isEqualTo(ids.subList(10, 40));
        running.forEach(id -> {
            TaskAssert.assertThat(a.find(id)).isRunning().onAttempt(1).takenBy("bob");
            assertThat(b.complete(id)).isEqualTo(Completion.ACCEPTED);
        });
        taken.forEach(id -> assertThat(a.complete(id)).isEqualTo(Completion.ACCEPTED));
        assertThat(a.counts(queue)).containsEntry("1:succeeded", 40L).doesNotContainKeys("1:waiting", "1:running");
        master.restart();
        cluster.letIn();
        cluster.awaitStable();
    }

    private static List<TaskId> taken(Engine engine, Queue queue) {
        try {
            return engine.aTake().from(queue, 1).size(50).takeIds();
        } catch (Refused failingOver) {
            return List.of();
        }
    }
}
