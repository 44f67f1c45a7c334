package io.carillon.task;

import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.Connecting;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import io.carillon.stores.Cache;
import io.carillon.stores.Durability;
import io.carillon.stores.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.redisson.api.RedissonClient;

/** The script that puts online tasks of 512 bytes, on a real Redis, called as the server calls it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PuttingInRedis {
    private static final int MANY = 100;
    private static final Specification SPECIFICATION =
            new Specification("bench", "/v1/chat/completions", "ck_bench", null, null, null, null);

    // One queue would be full before its time is over.
    private final AtomicInteger puts = new AtomicInteger();
    private final TaskIds ids = new TaskIds(Clock.systemUTC(), 1);
    private final RawJson data = RawJson.of("{\"model\":\"bench\",\"text\":\"" + "x".repeat(485) + "\"}");
    private Path directory;
    private EmbeddedRedis redis;
    private RedissonClient client;
    private Window window;

    @Setup
    public void setUp() throws IOException {
        directory = Files.createTempDirectory("carillon-jmh-");
        redis = EmbeddedRedis.start(directory.resolve("redis"), directory.resolve("redis.pid"), Durability.FULL);
        // It has a session of its own, which Ctrl-C does not reach.
        Runtime.getRuntime().addShutdownHook(new Thread(redis::stop, "stop Redis"));
        client = Connecting.to(redis.url());
        QueueScripts scripts = new QueueScripts(new Scripts(client), Epochs.unchecked(), new BusyQueues());
        window = new Window(client, scripts, new Window.Room(50_000, 64 << 20, 0));
    }

    @TearDown
    public void tearDown() {
        client.shutdown();
        redis.stop();
        Cache.removeTree(directory);
    }

    /** One call after the other: how long a caller waits. */
    @Benchmark
    public Object one() {
        return put(1);
    }

    /** Many callers at once: how long Redis and the client need for each. */
    @Benchmark
    @Threads(16)
    public Object sixteenAtOnce() {
        return put(1);
    }

    /** Many tasks with one call; the time is that of one of them. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public Object many() {
        return put(MANY);
    }

    private Object put(int many) {
        int queue = 1 + puts.addAndGet(many) / 50_000;
        List<NewTask> tasks = new ArrayList<>(many);
        for (int i = 0; i < many; i++) {
            TaskId id = ids.next(queue, Level.ONLINE, ResponseMode.CALLBACK);
            tasks.add(new NewTask(id, SPECIFICATION, data, Duration.ofHours(1), null));
        }
        return window.put(queue, tasks, 100_000).toCompletableFuture().join();
    }
}
