package io.carillon.task;

import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.redisson.api.RedissonClient;

/** The engine for tests of what stands on it: online tasks only, so it needs a Redis and no MariaDB. */
public final class OnlineEngine {
    private final Window window;
    private final TaskIds ids;
    private final Tasks tasks;

    /** @param capacity how many tasks of a queue may wait */
    public OnlineEngine(
            RedissonClient redis, int instance, int capacity, Consumer<TaskEnded> ended, Executor executor) {
        QueueScripts scripts = new QueueScripts(new Scripts(redis), Epochs.unchecked(), new BusyQueues());
        this.window = new Window(redis, scripts, new Window.Room(50_000, 64 << 20, 0));
        this.ids = new TaskIds(Clock.systemUTC(), instance);
        TaskTable noTable = new TaskTable(null, null, null, Clock.systemUTC());
        Tasks.Rules rules = new Tasks.Rules(capacity, Duration.ofHours(1), false);
        this.tasks = new Tasks(
                window, new Contents(redis, scripts), noTable, ids, rules, null, null, null, null, ended, executor);
    }

    public Tasks tasks() {
        return tasks;
    }

    public NewTask newTask(int queue, ResponseMode mode, Duration life) {
        TaskId id = ids.next(queue, Level.ONLINE, mode);
        Specification specification = new Specification("q" + queue, "/v1/x", "ck_test", null, null, null, null);
        return new NewTask(id, specification, RawJson.of("{\"q\":1}"), life, null);
    }

    /** Takes up to so many tasks of the queue as a worker does. */
    public List<Attempt> take(int queue, int size) {
        return await(takeAsync(queue, size));
    }

    public CompletionStage<List<Attempt>> takeAsync(int queue, int size) {
        Window.Claim claim = new Window.Claim(
                size,
                Takes.ANSWER_BYTES,
                Duration.ZERO,
                Optional.of(Duration.ofMinutes(1)),
                Duration.ofHours(1),
                "w",
                OptionalInt.empty(),
                false,
                false);
        return window.claim(queue, claim, Map.of(Level.ONLINE, size));
    }

    public static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failure);
        } catch (InterruptedException | TimeoutException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
