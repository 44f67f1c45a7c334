package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallbackLogTest {
    private static final CallbackFilter ALL = new CallbackFilter(Optional.empty(), Optional.empty(), Optional.empty());
    private static final CallbackFilter FAILED =
            new CallbackFilter(Optional.empty(), Optional.empty(), Optional.of(CallbackState.FAILED));

    private final AtomicInteger woken = new AtomicInteger();
    private Database database;
    private CallbackTable table;
    private Callbacks callbacks;

    @BeforeEach
    void migrate() {
        DataSource source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        database = new Database(source);
        table = new CallbackTable(database);
        callbacks = new Callbacks(database, table, woken::incrementAndGet);
    }

    private static String task(int queue, int number) {
        return "TASK-%d-1-C-261122093258-0001-%06d".formatted(queue, number);
    }

    private void owe(String task, String owner) {
        callbacks.owe(List.of(
                new OwedCallback(task, owner, "http://example.org/", "{}".getBytes(StandardCharsets.UTF_8), "trace")));
    }

    private void set(String task, CallbackState state) {
        sql("UPDATE callback SET attempts = 3, state = '" + state.word() + "' WHERE task_id = '" + task + "'");
    }

    private void sql(String sql) {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    private static List<String> tasks(List<Callback> found) {
        return found.stream().map(Callback::taskId).toList();
    }

    @Test
    void callbackKnowsItsQueueAndWhenItIsDue() {
        owe(task(12, 1), "ck_1");

        Callback callback = callbacks.find(task(12, 1)).orElseThrow();

        assertThat(callback.queue()).isEqualTo(12);
        assertThat(callback.owner()).isEqualTo("ck_1");
        assertThat(callback.state()).isEqualTo(CallbackState.PENDING);
        assertThat(callback.next()).contains(callback.created());
        assertThat(callback.retryUntil()).isEqualTo(callback.created().plus(Duration.ofDays(1)));
        assertThat(callbacks.attempts(callback)).isEmpty();
        assertThat(callbacks.find(task(12, 2))).isEmpty();
    }

    @Test
    void pagesGoOnWhereTheLastOneEndedNewestFirst() {
        IntStream.range(0, 7).forEach(i -> owe(task(1, i), "ck_1"));
        set(task(1, 3), CallbackState.FAILED);
        set(task(1, 5), CallbackState.DELIVERED);

        for (CallbackFilter filter : List.of(
                ALL,
                new CallbackFilter(Optional.of("ck_1"), Optional.empty(), Optional.empty()),
                new CallbackFilter(Optional.of("ck_1"), Optional.of(1), Optional.empty()))) {
            List<String> all = new ArrayList<>();
            String after = null;
            List<Callback> page;
            while (!(page = callbacks.list(filter, 3, after)).isEmpty()) {
                assertThat(page).hasSizeLessThanOrEqualTo(3);
                all.addAll(tasks(page));
                after = page.get(page.size() - 1).taskId();
            }
            assertThat(all)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 7).mapToObj(i -> task(1, 6 - i)).toList());
        }
        assertThatThrownBy(() -> callbacks.list(ALL, 3, task(1, 99)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID));
    }

    @Test
    void onlyWhatIsAskedForIsListed() {
        owe(task(1, 1), "ck_1");
        owe(task(1, 2), "ck_2");
        owe(task(2, 3), "ck_1");
        set(task(2, 3), CallbackState.FAILED);

        assertThat(tasks(callbacks.list(FAILED, 10, null))).containsExactly(task(2, 3));
        assertThat(tasks(callbacks.list(filter("ck_1", null, null), 10, null))).containsExactly(task(2, 3), task(1, 1));
        assertThat(tasks(callbacks.list(filter(null, 1, null), 10, null))).containsExactly(task(1, 2), task(1, 1));
        assertThat(tasks(callbacks.list(filter("ck_1", 1, CallbackState.PENDING), 10, null)))
                .containsExactly(task(1, 1));
        assertThat(callbacks.list(filter("ck_2", null, CallbackState.FAILED), 10, null))
                .isEmpty();
    }

    private static CallbackFilter filter(String owner, Integer queue, CallbackState state) {
        return new CallbackFilter(Optional.ofNullable(owner), Optional.ofNullable(queue), Optional.ofNullable(state));
    }

    @Test
    void callbackThatWouldBeDueLaterIsReplayedNow() {
        owe(task(1, 1), "ck_1");
        sql("UPDATE callback SET attempts = 5, next_at = next_at + 3600000");
        woken.set(0);

        assertThat(callbacks.replay(task(1, 1))).isTrue();

        assertThat(woken).hasValue(1);
        Delivery delivery = claim().get(0);
        assertThat(delivery.attempt()).isEqualTo(6);
        assertThat(delivery.attemptOfRound()).isEqualTo(1);
    }

    @Test
    void callbackWhoseAttemptIsUnderWayIsLeftToThat() {
        owe(task(1, 1), "ck_1");
        Delivery underWay = claim().get(0);

        assertThat(callbacks.replay(task(1, 1))).isTrue();
        assertThat(claim()).isEmpty();

        assertThat(callbacks.find(task(1, 1)).orElseThrow().next()).isEmpty();
        table.record(7, List.of(ended(underWay)));
        assertThat(callbacks.find(task(1, 1)).orElseThrow().state()).isEqualTo(CallbackState.DELIVERED);
    }

    private List<Delivery> claim() {
        return table.claim(7, 100, new Slots(100, 100, 1000), Duration.ofMinutes(1), "")
                .deliveries();
    }

    private static Ended ended(Delivery delivery) {
        return new Ended(
                delivery, Answer.of(200, null, new byte[0]), Ended.Next.DELIVERED, Duration.ZERO, Duration.ofMillis(5));
    }

    @Test
    void manyAreReplayedNewestFirstAndNoOthers() {
        IntStream.range(0, 1200).forEach(i -> owe(task(1, i), "ck_1"));
        sql("UPDATE callback SET state = 'failed'");
        set(task(1, 7), CallbackState.DELIVERED);
        owe(task(2, 1), "ck_2");
        set(task(2, 1), CallbackState.FAILED);

        CallbackFilter mine = filter("ck_1", 1, CallbackState.FAILED);
        assertThat(callbacks.replay(mine, 1000)).isEqualTo(1000);
        assertThat(callbacks.find(task(1, 200)).orElseThrow().state()).isEqualTo(CallbackState.PENDING);
        assertThat(callbacks.find(task(1, 198)).orElseThrow().state()).isEqualTo(CallbackState.FAILED);
        assertThat(callbacks.replay(mine, 1000)).isEqualTo(199);
        assertThat(callbacks.replay(mine, 1000)).isZero();

        assertThat(callbacks.find(task(1, 7)).orElseThrow().state()).isEqualTo(CallbackState.DELIVERED);
        assertThat(callbacks.find(task(2, 1)).orElseThrow().state()).isEqualTo(CallbackState.FAILED);
    }

    @Test
    void taskThatIsReplayedOwesAnotherCallbackWhenItEndsAgain() {
        owe(task(1, 1), "ck_1");
        owe(task(1, 2), "ck_1");
        Delivery underWay = claim().get(0);

        database.transaction(connection -> {
            Callbacks.withdraw(connection, List.of(task(1, 1), task(1, 2)));
            return null;
        });
        table.record(7, List.of(ended(underWay)));
        assertThat(callbacks.list(ALL, 10, null)).isEmpty();
        assertThat(new CallbackLog(database).attempts(underWay.id())).isEmpty();

        owe(task(1, 1), "ck_1");
        assertThat(claim()).extracting(Delivery::taskId).containsExactly(task(1, 1));
    }

    @Test
    void listOfAnOwnerReadsNoMoreRowsThanItShows() {
        sql(
                "INSERT INTO callback (task_id, owner, queue, url, host, size, state, next_at, retry_until, created_at, body)"
                        + " SELECT CONCAT('P', seq), CONCAT('ck_', seq % 100), 1, 'http://x/', 'h', 2,"
                        + " IF(seq % 50 = 0, 'failed', 'delivered'), seq, 9e15, 0, '{}' FROM seq_1_to_50000");
        sql("ANALYZE TABLE callback");
        long before = rowsRead();

        assertThat(callbacks.list(filter("ck_50", null, null), 20, null)).hasSize(20);
        assertThat(callbacks.list(filter("ck_0", null, CallbackState.FAILED), 20, null))
                .hasSize(20);

        assertThat(rowsRead() - before).isLessThan(2_000);
    }

    private long rowsRead() {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    var rows = statement.executeQuery("SELECT SUM(variable_value) FROM"
                            + " information_schema.global_status WHERE variable_name IN ('HANDLER_READ_NEXT',"
                            + " 'HANDLER_READ_PREV', 'HANDLER_READ_KEY', 'HANDLER_READ_FIRST', 'HANDLER_READ_LAST')")) {
                rows.next();
                return rows.getLong(1);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
