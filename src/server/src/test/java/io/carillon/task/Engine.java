package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.callback.CallbacksOn;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.FaultySource;
import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Words;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.QueueSettings;
import io.carillon.queue.Queues;
import io.carillon.queue.QueuesOn;
import io.carillon.stores.SharedStores;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert;
import org.flywaydb.core.Flyway;
import org.mariadb.jdbc.MariaDbDataSource;
import org.mariadb.jdbc.MariaDbPoolDataSource;
import org.redisson.api.RType;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * The engine on a real Redis and a real MariaDB, put together as {@link TaskBeans} does, but nothing in it starts by
 * itself. It has queues of its own, and no tasks of other tests are in its database.
 */
final class Engine implements AutoCloseable {
    static final RawJson DONE = RawJson.of("{\"status_code\":200,\"body\":{\"answer\":42}}");
    static final RawJson OTHER = RawJson.of("{\"status_code\":200,\"body\":{\"answer\":43}}");
    static final Duration RETENTION = Duration.ofHours(24);
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final AtomicInteger INSTANCES = new AtomicInteger();

    /** One schema and one pool for all tests of this JVM. */
    private static final class Schema {
        static final MariaDbPoolDataSource POOL = migrated();

        private static MariaDbPoolDataSource migrated() {
            MariaDbDataSource fresh = SharedStores.mariaDb().freshDatabase();
            Flyway.configure()
                    .dataSource(fresh)
                    .locations("classpath:db/migration")
                    .load()
                    .migrate();
            try {
                MariaDbPoolDataSource pool = new MariaDbPoolDataSource();
                pool.setUser(SharedStores.mariaDb().user());
                pool.setPassword(SharedStores.mariaDb().password());
                pool.setUrl(fresh.getUrl() + "&maxPoolSize=12&minPoolSize=1");
                return pool;
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    final TestClock clock = new TestClock();
    final Stops stops = new Stops(clock);
    final FaultySource faults;
    final Database database;
    final RedissonClient redis;
    final Queues queues;
    final Window window;
    final TaskTable table;
    final LeaseNoteTable leaseNotes;
    final Tally tally;
    final Tasks tasks;
    final Takes takes;
    final Reaper reaper;
    final Collection<TaskEnded> ended = new ConcurrentLinkedQueue<>();
    private static final Window.Room ROOM = new Window.Room(50_000, 64 << 20, 0);
    private final ExecutorService executor = Executors.newFixedThreadPool(8);
    final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private final List<Runnable> ends = new ArrayList<>();
    final Contents contents;
    final Overflow overflow;
    final PastAttempts past;
    final Restoration restoration;
    final Backlog backlog;
    final Leases leases;
    final Refill refill;
    final AttemptTable attempts;
    private final BusyQueues busy = new BusyQueues();
    final QueueScripts scripts;
    final OnlineDeaths deaths;
    final DeadLetters deadLetters;
    final TaskLog log;
    private final AttemptRecords records;
    private Rebuild rebuild;
    private final boolean ownRedis;
    private final Queue first;

    private Engine(RedissonClient redis, int capacity, Window.Room room) {
        this(redis, capacity, room, true);
    }

    private Engine(RedissonClient redis, int capacity, Window.Room room, boolean alone) {
        this.redis = redis;
        ownRedis = redis != RedisClients.shared();
        faults = new FaultySource(Schema.POOL);
        database = new Database(faults.source());
        if (alone) {
            forgetOthers();
        }
        queues = QueuesOn.stores(database, new Scripts(redis), clock);
        Callbacks callbacks = CallbacksOn.database(database);
        backlog = new Backlog(database);
        Epochs epochs = new Epochs(executor, queue -> this.rebuild.restore(queue));
        scripts = new QueueScripts(new Scripts(redis), epochs, busy);
        window = new Window(redis, scripts, room);
        contents = new Contents(redis, scripts);
        overflow = new Overflow(redis, scripts, room);
        past = new PastAttempts(redis, scripts);
        restoration = new Restoration(scripts);
        rebuild = new Rebuild(database, queues, window, overflow, restoration, backlog);
        tally = new Tally(database);
        table = new TaskTable(database, callbacks, tally, clock);
        leaseNotes = new LeaseNoteTable(database);
        LeaseNotes notes = new LeaseNotes(leaseNotes, executor, scheduler);
        TaskIds ids = new TaskIds(clock, INSTANCES.incrementAndGet());
        attempts = new AttemptTable(database);
        DeadList list = new DeadList(redis, scripts, RETENTION);
        deaths = new OnlineDeaths(database, window, past, list, table, attempts, callbacks, executor, clock);
        tasks = new Tasks(
                window,
                contents,
                table,
                ids,
                new Tasks.Rules(capacity, RETENTION, false),
                callbacks,
                tally,
                deaths,
                notes,
                ended::add,
                executor);
        records = new AttemptRecords(past, attempts, executor);
        leases = new Leases(window, table, tasks, rebuild, records, notes, executor);
        takes = new Takes(queues, window, leases, table, notes, executor);
        deadLetters = new DeadLetters(database, window, contents, backlog, records, deaths, clock);
        log = new TaskLog(past, records, executor);
        refill = new Refill(window, overflow, backlog, new Words(redis), executor);
        refill.start();
        reaper = reaper(queues);
        first = queue();
    }

    static Engine start() {
        return new Engine(RedisClients.shared(), 100_000, ROOM);
    }

    /** One whose queues let only so many online tasks wait. */
    static Engine startWithCapacity(int capacity) {
        return new Engine(RedisClients.shared(), capacity, ROOM);
    }

    /** One whose window has room for so many tasks of a level. */
    static Engine startWithRoom(int tasks) {
        return new Engine(RedisClients.shared(), 100_000, new Window.Room(tasks, 1 << 20, 0));
    }

    /** One whose Redis uses more memory than it shall. */
    static Engine startWithLittleMemory() {
        return new Engine(RedisClients.shared(), 100_000, new Window.Room(50_000, 64 << 20, 1));
    }

    /** One on a Redis that the test may stop. */
    static Engine startOn(RedissonClient redis) {
        return new Engine(redis, 100_000, ROOM);
    }

    /** Another instance on the same stores, by a Redis client of its own. */
    Engine another(RedissonClient client) {
        return new Engine(client, 100_000, ROOM, false);
    }

    private void forgetOthers() {
        run("DELETE FROM task");
        run("DELETE FROM callback");
        run("DELETE FROM task_attempt");
        run("DELETE FROM dead_letter");
        run("DELETE FROM queue");
    }

    private Reaper reaper(Queues known) {
        Sweep sweep = new Sweep(
                known, window, contents, overflow, table, backlog, refill, tasks, deaths, clock, busy, RETENTION);
        return new Reaper(known, window, contents, table, tasks, leases, records, sweep, busy, executor, scheduler);
    }

    /** The reaper of another instance, which has not seen the queues that are registered here. */
    Reaper anotherReaper() {
        return reaper(QueuesOn.database(database, clock));
    }

    /** The queue that a test uses that needs only one. */
    Queue first() {
        return first;
    }

    /** Changes the settings of the first queue. */
    void settings(UnaryOperator<QueueSettings.Draft> change) {
        Waiting.on(queues.change(
                first.name(), settings -> change.apply(settings.but()).settings(), "ck_test"));
    }

    /** Registers one more queue. */
    Queue queue() {
        return queues.register(new QueueName("q" + NAMES.incrementAndGet()), "/v1/chat/completions", "ck_test");
    }

    FullQueueName name(Queue queue, int level) {
        return new FullQueueName(queue.name(), new Level(level));
    }

    /** Waiting takes, started; there may be several, as there may be several instances. */
    LongTakes longTakes() {
        LongTakes longTakes = new LongTakes(takes, stops, redis, scheduler, clock);
        longTakes.start();
        ends.add(longTakes::stop);
        return longTakes;
    }

    /** Waiting takes that look again only when the test says so. */
    LongTakes longTakesThatListen() {
        NeverScheduler never = new NeverScheduler();
        LongTakes longTakes = new LongTakes(takes, stops, redis, never, clock);
        longTakes.start();
        ends.add(longTakes::stop);
        ends.add(never::shutdownNow);
        return longTakes;
    }

    ATask aTask() {
        return new ATask(this, first);
    }

    ATake aTake() {
        return new ATake(this);
    }

    Completion complete(TaskId id) {
        return complete(id, DONE);
    }

    Completion complete(TaskId id, RawJson result) {
        return Waiting.on(tasks.complete(id, OptionalInt.empty(), result));
    }

    Completion complete(Attempt attempt, RawJson result) {
        return Waiting.on(tasks.complete(attempt.id(), OptionalInt.of(attempt.number()), result));
    }

    boolean cancel(TaskId id) {
        return Waiting.on(tasks.cancel(id, "Nobody wants it", false));
    }

    Task find(TaskId id) {
        return lookFor(id).orElseThrow(() -> new AssertionError("There is no task " + id));
    }

    Optional<Task> lookFor(TaskId id) {
        return Waiting.on(tasks.find(id));
    }

    /** The result that was called back for a task, if any was written down. */
    Optional<String> callback(TaskId id) {
        List<String> bodies = rows("SELECT body FROM callback WHERE task_id = ?", id.text());
        if (bodies.size() > 1) {
            throw new AssertionError("Task " + id + " calls back more than once");
        }
        return bodies.stream().findFirst();
    }

    /** The first column of the rows that a query finds. */
    List<String> rows(String sql, String... values) {
        return database.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    select.setString(i + 1, values[i]);
                }
                List<String> found = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
                return found;
            }
        });
    }

    void run(String sql) {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    /**
     * Everything Redis has of the first queue, apart from its epoch: what follows the queue's prefix, and what it holds.
     */
    Map<String, Object> left() {
        return left(first);
    }

    Map<String, Object> left(Queue queue) {
        String prefix = Keys.queue(queue.number());
        Map<String, Object> left = new TreeMap<>();
        for (String key : redis.getKeys().getKeysByPattern(prefix + "*")) {
            String name = key.substring(prefix.length());
            // what only keeps a count right expires by itself
            if (!name.startsWith("epoch") && !name.startsWith("left:")) {
                left.put(name, content(key));
            }
        }
        left.computeIfPresent("window", (name, held) -> isEmpty((Map<?, ?>) held) ? null : held);
        return left;
    }

    private static boolean isEmpty(Map<?, ?> window) {
        return window.values().stream().allMatch("0"::equals);
    }

    private Object content(String key) {
        RType type = redis.getKeys().getType(key);
        if (type == RType.MAP) {
            return new TreeMap<>(
                    redis.<String, String>getMap(key, StringCodec.INSTANCE).readAllMap());
        } else if (type == RType.ZSET) {
            return List.copyOf(
                    redis.<String>getScoredSortedSet(key, StringCodec.INSTANCE).readAll());
        } else if (type == RType.SET) {
            return new TreeSet<>(redis.<String>getSet(key, StringCodec.INSTANCE).readAll());
        } else if (type == RType.OBJECT) {
            return redis.<String>getBucket(key, StringCodec.INSTANCE).get();
        }
        return String.valueOf(type);
    }

    /** The counts of the first queue, without those that are zero. */
    Map<String, Long> counts() {
        return counts(first);
    }

    Map<String, Long> counts(Queue queue) {
        Map<String, Long> counts = new TreeMap<>();
        for (QueueState state : Waiting.on(contents.depth(queue.number()))) {
            state.counts().forEach((what, count) -> counts.put(state.level() + ":" + what, count));
        }
        counts.values().removeIf(count -> count == 0);
        return counts;
    }

    /** Does all that time brings, and what the sweep mends. */
    void reap() {
        Steps steps = new Steps();
        steps.run(reaper::runOnce);
        steps.run(reaper::sweepOnce);
        steps.end();
    }

    /** Lets one run of the reaper after another go by until something holds. */
    void reapUntil(ThrowableAssert.ThrowingCallable claim) {
        Waiting.until(() -> {
            reap();
            claim.call();
        });
    }

    /** Lets Redis's clock go on until an instant of it, in ms, is over. */
    void passes(long millis) {
        Waiting.until(() -> {
            long now = Waiting.on(window.accept(first.number(), 0)) / 1000;
            if (now <= millis) {
                throw new AssertionError("It is only " + now);
            }
        });
    }

    static List<TaskId> ids(Map<FullQueueName, List<Attempt>> taken) {
        return taken.values().stream().flatMap(List::stream).map(Attempt::id).toList();
    }

    static List<String> texts(TaskId... ids) {
        return Arrays.stream(ids).map(TaskId::text).toList();
    }

    @Override
    public void close() {
        ends.forEach(Runnable::run);
        refill.stop();
        executor.shutdown();
        scheduler.shutdownNow();
        if (ownRedis) {
            return;
        }
        redis.getKeys().deleteByPattern("carillon:{*");
    }
}
