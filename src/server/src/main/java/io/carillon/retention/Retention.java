package io.carillon.retention;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what nobody needs any more. Runs on each instance; whoever locks the one row of the table {@code retention} has
 * the turn, so one instance works at a time, and when it dies the database ends its turn.
 *
 * <p>A turn is one short transaction that removes a bounded number of rows by an index. The next one comes after a pause as
 * long as the turn took, so removing never takes more than half of one connection; with nothing left to do, after a while.
 * When the database has trouble the pauses grow.
 */
public class Retention {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final Duration PERIOD = Duration.ofSeconds(10);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final String NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";

    private final Database database;
    private final List<Sweep> sweeps;
    private final int rows;
    private final ScheduledExecutorService scheduler;
    private ScheduledFuture<?> next;
    private boolean stopping;
    private int failures;

    /** @param rows how many rows of a kind a turn removes at most */
    Retention(Database database, List<Sweep> sweeps, int rows, ScheduledExecutorService scheduler) {
        this.database = database;
        this.sweeps = List.copyOf(sweeps);
        this.rows = rows;
        this.scheduler = scheduler;
    }

    /** Begins to remove. Once for each object. */
    public void start() {
        schedule(PERIOD);
    }

    public synchronized void stop() {
        stopping = true;
        if (next != null) {
            next.cancel(false);
        }
    }

    private synchronized void schedule(Duration pause) {
        if (stopping) {
            return;
        }
        try {
            next = scheduler.schedule(this::tick, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | IllegalStateException shuttingDown) {
            LOG.debug("Nothing is removed any more: {}", shuttingDown.getMessage());
        }
    }

    private void tick() {
        Duration pause = PERIOD;
        try {
            long begun = System.nanoTime();
            boolean more = runOnce();
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            if (more) {
                pause = took.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : took;
            }
            if (failures > 0) {
                LOG.info("What is old is removed again");
            }
            failures = 0;
        } catch (RuntimeException failure) {
            if (failures++ == 0) {
                LOG.warn("What is old cannot be removed: {}", failure.getMessage(), failure);
            }
            Duration longer = PERIOD.multipliedBy(1L << Math.min(failures, 10));
            pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
        }
        schedule(pause);
    }

    /**
     * One turn, unless another instance has it or nothing is due yet.
     *
     * @return whether there is more to be removed
     */
    boolean runOnce() {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                // the default level would lock the gaps into which others insert
                statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
                if (!isMyTurn(statement)) {
                    return false;
                }
                boolean more = sweep(connection);
                statement.executeUpdate(
                        "UPDATE retention SET due = " + NOW + " + " + (more ? 0 : PERIOD.toMillis()) + " WHERE id = 1");
                return more;
            }
        });
    }

    private static boolean isMyTurn(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(
                "SELECT id FROM retention WHERE id = 1 AND due <= " + NOW + " FOR UPDATE SKIP LOCKED")) {
            return row.next();
        }
    }

    private boolean sweep(Connection connection) throws SQLException {
        boolean more = false;
        for (Sweep sweep : sweeps) {
            int removed = sweep.remove(connection, rows);
            if (removed > 0) {
                LOG.debug(
                        "{} rows were removed by {}", removed, sweep.getClass().getSimpleName());
            }
            more |= removed >= rows;
        }
        return more;
    }
}
