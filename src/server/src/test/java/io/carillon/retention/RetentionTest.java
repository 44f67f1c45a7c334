package io.carillon.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.idempotency.IdempotencyKeys;
import io.carillon.platform.database.Database;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.queue.QueuesOn;
import io.carillon.stores.SharedStores;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private static final Duration WEEK = Duration.ofDays(7);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration OLD = Duration.ofDays(8);
    private static final Duration YOUNG = Duration.ofDays(6);

    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private Database database;
    private Queues queues;
    private int queue;
    private int tasks;

    @BeforeEach
    void migrate() {
        var source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        database = new Database(source);
        queues = QueuesOn.database(database, Clock.systemUTC());
        queue = queue("q");
    }

    @AfterEach
    void end() {
        scheduler.shutdownNow();
    }

    private int queue(String name) {
        return queues.register(new QueueName(name), "/v1/x", "ck_1").number();
    }

    private Retention retention(Duration usual, int rows) {
        Ages ages = new Ages(queues, usual, Clock.systemUTC());
        return new Retention(
                database,
                List.of(
                        new OldTasks(ages),
                        new OldCallbacks(ages),
                        RetentionBeans.oldBatches(ages),
                        IdempotencyKeys::deleteExpired,
                        new OldInstances(usual, Clock.systemUTC())),
                rows,
                scheduler);
    }

    private void removeAll(Retention retention) {
        while (retention.runOnce()) {
            // goes on
        }
    }

    private static long ago(Duration age) {
        return System.currentTimeMillis() - age.toMillis();
    }

    private String task(int ofQueue, String state, Duration age) {
        String id = "TASK-%d-1-C-261122093258-0001-%06d".formatted(ofQueue, tasks++);
        String ended = state.equals("waiting") || state.equals("running") ? "NULL" : String.valueOf(ago(age));
        sql("INSERT INTO task (id, queue, level, accepted, state, owner, endpoint, data, expires, max_lost, ended)"
                + " VALUES ('" + id + "', " + ofQueue + ", 1, " + ago(age) * 1000 + ", '" + state
                + "', 'ck_1', '/v1/x', '{}', " + ago(age) + ", 5, " + ended + ")");
        return id;
    }

    private void callback(String task, int ofQueue, String state, Duration age) {
        sql("INSERT INTO callback (task_id, owner, queue, url, host, size, state, next_at, retry_until,"
                + " created_at,"
                + " body) VALUES"
                + " ('" + task + "', 'ck_1', " + ofQueue + ", 'http://x/', 'x:80', 2, '" + state + "', "
                + ago(age)
                + ", " + ago(age) + ", " + ago(age) + ", '{}')");
        sql("INSERT INTO callback_attempt (callback_id, attempt, ended_at, took_ms, status)"
                + " SELECT id, 1, 0, 5, 200 FROM callback WHERE task_id = '" + task + "'");
    }

    private void sql(String sql) {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    private List<String> texts(String sql) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<String> texts = new ArrayList<>();
                while (rows.next()) {
                    texts.add(rows.getString(1));
                }
                return texts;
            }
        });
    }

    private List<String> left() {
        return texts("SELECT id FROM task ORDER BY id");
    }

    @Test
    void aLineStaysUntilItsBatchHasItsFiles() {
        String line = task(queue, "succeeded", OLD);
        sql("UPDATE task SET batch_id = 'batch_1', line = 1 WHERE id = '" + line + "'");
        sql("INSERT INTO batch (id, owner, state, endpoint, input_file, completion_window, created_at, expires_at)"
                + " VALUES ('batch_1', 'ck_1', 'in_progress', '/v1/x', 'file-1', '24h', 1, 2)");

        removeAll(retention(WEEK, 100));
        assertThat(left()).containsExactly(line);
        sql("UPDATE batch SET state = 'completed', ended_at = 3");
        sql("UPDATE retention SET due = 0");
        removeAll(retention(WEEK, 100));

        assertThat(left()).isEmpty();
    }

    @Test
    void batchThatEndedLongAgoGoes() {
        for (String ended : List.of("NULL", "3", Long.toString(System.currentTimeMillis()))) {
            sql("INSERT INTO batch (id, owner, state, endpoint, input_file, completion_window, created_at, expires_at,"
                    + " ended_at) VALUES ('batch_" + ended + "', 'ck_1', 'completed', '/v1/x', 'file-1', '24h', 1, 2, "
                    + ended + ")");
        }

        removeAll(retention(WEEK, 100));

        assertThat(texts("SELECT id FROM batch WHERE ended_at IS NULL")).contains("batch_NULL");
        assertThat(texts("SELECT id FROM batch WHERE ended_at < 1000")).isEmpty();
        assertThat(texts("SELECT id FROM batch WHERE ended_at > 1000")).isNotEmpty();
    }

    @Test
    void oldTaskGoesWithAllThatBelongsToIt() {
        for (String state : List.of("succeeded", "failed", "timeout", "cancelled")) {
            task(queue, state, OLD);
        }
        callback(task(queue, "succeeded", OLD), queue, "delivered", OLD);
        callback(task(queue, "succeeded", OLD), queue, "failed", YOUNG);
        String young = task(queue, "failed", YOUNG);
        sql("INSERT INTO dead_letter (task_id, queue, owner, died) SELECT id, queue, owner, 1 FROM task");
        sql("INSERT INTO task_attempt (task_id, attempt, worker, started, ended, outcome, error)"
                + " SELECT id, 1, 'w', 1, 2, 'failed', 'e' FROM task");

        removeAll(retention(WEEK, 100));

        assertThat(left()).containsExactly(young);
        assertThat(texts("SELECT task_id FROM dead_letter")).containsExactly(young);
        assertThat(texts("SELECT task_id FROM task_attempt")).containsExactly(young);
        assertThat(texts("SELECT id FROM callback")).isEmpty();
        assertThat(texts("SELECT attempt FROM callback_attempt")).isEmpty();
    }

    @Test
    void onlineTaskThatWasGivenUpLongAgoGoesAndOneThatIsReplayedStays() {
        for (int i = 1; i <= 3; i++) {
            String id = "TASK-%d-0-C-261122093258-0001-%06d".formatted(queue, i);
            String ended = i == 3 ? "NULL" : String.valueOf(ago(i == 1 ? OLD : YOUNG));
            sql("INSERT INTO task (id, queue, level, accepted, state, owner, endpoint, data, expires, ended) VALUES ('"
                    + id
                    + "', " + queue + ", 0, " + (ago(OLD) * 1000 + i) + ", '" + (i == 3 ? "waiting" : "failed")
                    + "', 'ck_1', '/v1/x', '{}', " + ago(OLD) + ", " + ended + ")");
        }
        sql("INSERT INTO dead_letter (task_id, queue, owner, died) SELECT id, queue, owner, ended FROM task"
                + " WHERE state = 'failed'");
        sql("INSERT INTO task_attempt (task_id, attempt, worker, started, ended, outcome, error)"
                + " SELECT id, 1, 'w', 1, 2, 'failed', 'e' FROM task");

        removeAll(retention(WEEK, 100));

        assertThat(texts("SELECT RIGHT(id, 1) FROM task ORDER BY id")).containsExactly("2", "3");
        assertThat(texts("SELECT RIGHT(task_id, 1) FROM dead_letter")).containsExactly("2");
        assertThat(texts("SELECT RIGHT(task_id, 1) FROM task_attempt ORDER BY task_id"))
                .containsExactly("2", "3");
    }

    @Test
    void youngAndOpenTasksStay() {
        List<String> stay =
                List.of(task(queue, "succeeded", YOUNG), task(queue, "waiting", OLD), task(queue, "running", OLD));
        callback(stay.get(0), queue, "delivered", YOUNG);

        removeAll(retention(WEEK, 100));

        assertThat(left()).containsExactlyElementsOf(stay);
        assertThat(texts("SELECT attempt FROM callback_attempt")).hasSize(1);
    }

    @Test
    void taskWhoseCallbackIsPendingStaysAndHoldsUpNoOther() {
        List<String> stay = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            stay.add(task(queue, "succeeded", OLD.plusHours(1)));
            callback(stay.get(i), queue, "pending", OLD);
        }
        String goes = task(queue, "succeeded", OLD);

        Retention retention = retention(WEEK, 2);
        removeAll(retention);

        assertThat(left()).containsExactlyElementsOf(stay).doesNotContain(goes);
        assertThat(texts("SELECT state FROM callback")).hasSize(5).containsOnly("pending");
        sql("UPDATE callback SET state = 'delivered'");
        sql("UPDATE retention SET due = 0");
        removeAll(retention);
        assertThat(left()).isEmpty();
    }

    @Test
    void queueMayKeepItsTasksForAnotherTime() {
        int brief = queue("brief");
        int lasting = queue("lasting");
        sql("UPDATE queue SET settings = JSON_OBJECT('retention', '" + DAY.toMillis() + "') WHERE id = " + brief);
        sql("UPDATE queue SET settings = JSON_OBJECT('retention', '"
                + Duration.ofDays(30).toMillis() + "') WHERE id = " + lasting);
        queues = QueuesOn.database(database, Clock.systemUTC());
        callback(task(brief, "succeeded", YOUNG), brief, "delivered", YOUNG);
        String usual = task(queue, "succeeded", YOUNG);
        String kept = task(lasting, "succeeded", OLD);
        callback(kept, lasting, "delivered", OLD);

        removeAll(retention(WEEK, 100));

        assertThat(left()).containsExactlyInAnyOrder(usual, kept);
        assertThat(texts("SELECT task_id FROM callback")).containsExactly(kept);
    }

    @Test
    void callbackOfAnOnlineTaskGoes() {
        callback("TASK-%d-0-C-261122093258-0001-000001".formatted(queue), queue, "delivered", OLD);
        callback("TASK-%d-0-C-261122093258-0001-000002".formatted(queue), queue, "failed", OLD);
        callback("TASK-%d-0-C-261122093258-0001-000003".formatted(queue), queue, "pending", OLD);
        callback("TASK-%d-0-C-261122093258-0001-000004".formatted(queue), queue, "delivered", YOUNG);

        removeAll(retention(WEEK, 100));

        assertThat(texts("SELECT RIGHT(task_id, 1) FROM callback ORDER BY id")).containsExactly("3", "4");
        assertThat(texts("SELECT attempt FROM callback_attempt")).hasSize(2);
    }

    @Test
    void turnRemovesNoMoreThanItsShare() {
        for (int i = 0; i < 5; i++) {
            task(queue, "succeeded", OLD);
        }
        Retention retention = retention(WEEK, 2);

        assertThat(retention.runOnce()).isTrue();
        assertThat(left()).hasSize(3);
        assertThat(retention.runOnce()).isTrue();
        assertThat(left()).hasSize(1);
        assertThat(retention.runOnce()).isFalse();
        assertThat(left()).isEmpty();
    }

    @Test
    void nothingIsLookedForAgainAtOnce() {
        removeAll(retention(WEEK, 100));
        task(queue, "succeeded", OLD);

        assertThat(retention(WEEK, 100).runOnce()).isFalse();

        assertThat(left()).hasSize(1);
    }

    @Test
    void whileOneInstanceHasTheTurnAnotherDoesNothing() throws InterruptedException {
        task(queue, "succeeded", OLD);
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        var holder = scheduler.submit(() -> database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT id FROM retention WHERE id = 1 FOR UPDATE");
                locked.countDown();
                return release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        assertThat(locked.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(retention(WEEK, 100).runOnce()).isFalse();
        assertThat(left()).hasSize(1);

        release.countDown();
        eventually(holder::isDone);
        removeAll(retention(WEEK, 100));
        assertThat(left()).isEmpty();
    }

    @Test
    void zeroKeepsEverything() {
        callback(task(queue, "succeeded", OLD), queue, "delivered", OLD);
        sql("INSERT INTO instance (name, started) SELECT 'i', 1 FROM seq_1_to_200");

        removeAll(retention(Duration.ZERO, 100));

        assertThat(left()).hasSize(1);
        assertThat(texts("SELECT id FROM callback")).hasSize(1);
        assertThat(texts("SELECT id FROM instance")).hasSize(200);
    }

    @Test
    void oldInstancesGoButNotTheNewest() {
        sql("INSERT INTO instance (name, started) SELECT 'i', 1 FROM seq_1_to_250");

        removeAll(retention(WEEK, 100));

        assertThat(texts("SELECT id FROM instance")).hasSize(100);
        assertThat(texts("SELECT MAX(id) FROM instance")).containsExactly("250");
    }

    @Test
    void startedRetentionRemovesByItself() {
        for (int i = 0; i < 5; i++) {
            task(queue, "succeeded", OLD);
        }
        Retention retention = retention(WEEK, 1);
        retention.start();
        try {
            eventually(() -> left().isEmpty());
        } finally {
            retention.stop();
        }
    }

    @Test
    void looksForWhatIsOldJumpOverEverythingElse() {
        sql("INSERT INTO task (id, queue, level, accepted, state, owner, endpoint, data, expires, max_lost, ended)"
                + " SELECT CONCAT('T', seq), seq % 5, 1, seq, IF(seq % 2 = 0, 'waiting', 'succeeded'), 'ck_1', '/v1/x',"
                + " '{}', 1, 5, IF(seq % 2 = 0, NULL, seq) FROM seq_1_to_20000");
        sql("ANALYZE TABLE task");

        assertThat(plan(OldTasks.OLDEST)).contains("Using index for group-by");
    }

    private String plan(String sql) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet plan = statement.executeQuery("EXPLAIN " + sql)) {
                plan.next();
                return plan.getString("Extra");
            }
        });
    }

    private static void eventually(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("came true in time").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }
}
