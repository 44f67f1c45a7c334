package io.carillon.stream;

import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;
import io.carillon.stores.EmbeddedRedis;
import io.carillon.stores.RedisConnection;
import io.carillon.task.OnlineEngine;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** One instance as far as callers, watchers and the event bus go, on a real Redis. */
final class Server implements AutoCloseable {
    static final String PASSWORD = "0123456789abcdef0123456789abcdef";

    final EmbeddedRedis store;
    private final String redisUrl;
    final String name;
    final RedissonClient redis;
    final Scripts scripts;
    final ExecutorService executor = Executors.newFixedThreadPool(8);
    final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    final OnlineEngine engine;
    final EventBus bus;
    final Callers callers;
    final WorkerEvents workerEvents;
    final TaskEvents events;

    private volatile Callers listener;

    Server(EmbeddedRedis store, int number, int mostCallers) {
        this(store, store.url(), client(store), number, mostCallers);
    }

    /** One on a Redis of any kind. */
    Server(String redisUrl, int number) {
        this(null, redisUrl, RedisClients.on(redisUrl), number, 1000);
    }

    private static RedissonClient client(EmbeddedRedis store) {
        Config config = new Config();
        config.useSingleServer()
                .setAddress(store.url())
                .setConnectionMinimumIdleSize(2)
                .setConnectionPoolSize(16)
                .setRetryAttempts(2)
                .setTimeout(2000)
                .setConnectTimeout(1000);
        config.setThreads(2).setNettyThreads(2).setUseScriptCache(true);
        return Redisson.create(config);
    }

    private Server(EmbeddedRedis store, String redisUrl, RedissonClient redis, int number, int mostCallers) {
        this.store = store;
        this.redisUrl = redisUrl;
        this.name = "127.0.0.1:8080-" + number;
        this.redis = redis;
        this.scripts = new Scripts(redis);
        this.engine = new OnlineEngine(
                redis,
                number,
                1_000_000,
                end -> {
                    if (listener != null) {
                        listener.ended(end);
                    }
                },
                executor);
        this.bus = new EventBus(
                redis,
                scripts,
                user("carillon-bus", Optional.empty()),
                new Seal("instances only"),
                name,
                100,
                executor,
                scheduler);
        this.callers = new Callers(
                name, new TasksEngine(engine.tasks()), bus, new Standings(scripts), executor, scheduler, mostCallers);
        this.workerEvents = new WorkerEvents(
                name, callers, new TasksEngine(engine.tasks()), bus, new Standings(scripts), scheduler);
        this.listener = callers;
        this.events = new TaskEvents(engine.tasks()::watch, redis, scripts, executor, scheduler);
    }

    /** Gives what the engine tells to other callers than this server's own. */
    void tell(Callers others) {
        listener = others;
    }

    BusUser user(String user, Optional<String> publicUrl) {
        return new BusUser(redis, user, PASSWORD, EventBus.TOPIC, redisUrl, publicUrl);
    }

    Server start() {
        bus.start(workerEvents::told);
        callers.start();
        events.start();
        return this;
    }

    /** Appends an event as a worker does that knows Bella-Queue only. */
    void append(String event, String payload) {
        try (RedisConnection worker = store.connect()) {
            worker.command(append(name, event, payload));
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    static String[] append(String instance, String event, String payload) {
        return new String[] {
            "XADD",
            EventBus.TOPIC + instance,
            "MINID",
            String.valueOf(System.currentTimeMillis() - 1_800_000),
            "*",
            "name",
            event,
            "from",
            "",
            "payload",
            payload,
            "context",
            "",
            "timestamp",
            "1"
        };
    }

    static String completion(String task, String result) {
        return "{\"taskId\":\"" + task + "\",\"result\":" + result + "}";
    }

    static RawJson json(String text) {
        return RawJson.of(text);
    }

    @Override
    public void close() {
        callers.stop();
        events.stop();
        bus.stop();
        scheduler.shutdownNow();
        executor.shutdown();
        redis.shutdown(0, 2, TimeUnit.SECONDS);
    }
}
