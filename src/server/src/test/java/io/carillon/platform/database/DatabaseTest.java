package io.carillon.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mariadb.jdbc.MariaDbDataSource;

class DatabaseTest {
    private final FaultySource faults = new FaultySource(SharedStores.mariaDb().freshDatabase());
    private final Database database = new Database(faults.source());

    @BeforeEach
    void table() {
        database.transaction(connection -> run(connection, "CREATE TABLE note (text VARCHAR(10) PRIMARY KEY)"));
    }

    private static boolean run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
        }
    }

    private boolean add(String text) {
        return database.transaction(connection -> run(connection, "INSERT INTO note VALUES ('" + text + "')"));
    }

    private void addWithOneStatement(String text) {
        database.statement(connection -> {
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO note VALUES (?)")) {
                insert.setString(1, text);
                return insert.executeUpdate();
            }
        });
    }

    private int count() {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM note")) {
                rows.next();
                return rows.getInt(1);
            }
        });
    }

    @Test
    void workIsCommittedAsAWhole() {
        add("a");

        assertThat(count()).isEqualTo(1);
    }

    @Test
    void workThatFailsLeavesNothing() {
        assertThatThrownBy(() -> database.transaction(connection -> {
                    run(connection, "INSERT INTO note VALUES ('a')");
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> database.transaction(connection -> {
                    run(connection, "INSERT INTO note VALUES ('a')");
                    return run(connection, "INSERT INTO note VALUES ('a')");
                }))
                .isInstanceOf(DatabaseFailure.class);

        assertThat(count()).isZero();
    }

    @Test
    void twoThatLockTheSameRowsInOppositeOrdersBothGetThrough() throws Exception {
        add("a");
        add("b");
        CyclicBarrier bothHaveOne = new CyclicBarrier(2);
        AtomicIntegerArray runs = new AtomicIntegerArray(2);

        CompletableFuture<Boolean> one = CompletableFuture.supplyAsync(() -> lock(bothHaveOne, runs, 0, "a", "b"));
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> lock(bothHaveOne, runs, 1, "b", "a"));

        assertThat(one.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(other.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(runs.get(0) + runs.get(1)).isEqualTo(3);
    }

    private boolean lock(CyclicBarrier bothHaveOne, AtomicIntegerArray runs, int who, String first, String then) {
        return database.transaction(connection -> {
            run(connection, "SELECT * FROM note WHERE text = '" + first + "' FOR UPDATE");
            if (runs.getAndIncrement(who) == 0) {
                meet(bothHaveOne);
            }
            run(connection, "SELECT * FROM note WHERE text = '" + then + "' FOR UPDATE");
            return true;
        });
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(10, TimeUnit.SECONDS);
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void valueThatDoesNotFitIsAFailureOfTheStatement() {
        assertThatThrownBy(() -> add("longer than ten")).isInstanceOf(DatabaseFailure.class);
    }

    @Test
    void whenACommitGetsLostItsOutcomeIsUnknown() {
        faults.loseNextCommit();
        assertThatThrownBy(() -> add("a")).isInstanceOf(CommitUnknown.class);
        assertThat(count()).isZero();

        faults.loseAnswerOfNextCommit();
        assertThatThrownBy(() -> add("b")).isInstanceOf(CommitUnknown.class);
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void whenTheAnswerToASingleStatementGetsLostItsOutcomeIsUnknown() {
        faults.loseNextCommit();
        assertThatThrownBy(() -> addWithOneStatement("a")).isInstanceOf(CommitUnknown.class);
        assertThat(count()).isZero();

        faults.loseAnswerOfNextCommit();
        assertThatThrownBy(() -> addWithOneStatement("b")).isInstanceOf(CommitUnknown.class);
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void aSingleStatementIsThereWithoutACommit() {
        addWithOneStatement("a");

        assertThat(count()).isEqualTo(1);
        assertThatThrownBy(() -> addWithOneStatement("longer than ten")).isInstanceOf(DatabaseFailure.class);
    }

    @Test
    void workThatWasCommittedHasSucceededEvenIfTheConnectionBreaksThen() {
        faults.breakAfterNextCommit();

        assertThat(add("a")).isFalse();
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void whatPayarasPoolThrowsOnABrokenConnectionCountsAsWhatItIs() {
        faults.wrap();
        faults.breakAfterNextCommit();
        assertThat(add("a")).isFalse();

        Database onBroken = new Database(faults.source());
        faults.breakAfterNextCommit();
        assertThatThrownBy(() -> onBroken.transaction(connection -> {
                    connection.commit();
                    connection.commit();
                    return 1;
                }))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE));
    }

    @Test
    void aDatabaseThatCannotBeReachedIsUnavailable() throws SQLException {
        MariaDbDataSource nobody = new MariaDbDataSource("jdbc:mariadb://127.0.0.1:1/carillon?connectTimeout=1000");

        assertThatThrownBy(() -> new Database(nobody).transaction(connection -> 1))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE));
    }
}
