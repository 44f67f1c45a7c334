package io.carillon.platform.database;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.lang.reflect.UndeclaredThrowableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * MariaDB for the hot paths: plain JDBC, one local transaction per piece of work. Everything that is read or written one
 * by one goes through JPA instead. Safe for many threads.
 */
public class Database {

    /** A piece of work on a connection, in one transaction. */
    @FunctionalInterface
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    private static final String DEADLOCK = "40001";
    private static final String BUSY = "The database is too busy with the same rows; try again";
    private static final int MOST_TIMES = 10;

    private final DataSource source;

    public Database(DataSource source) {
        this.source = source;
    }

    /**
     * Does the work and commits it, or rolls all of it back. When MariaDB rolls it back because it was in a deadlock with
     * somebody else's, it is done again from its beginning, so it must keep nothing from one time to the next.
     *
     * @throws CommitUnknown when the COMMIT itself failed, so that nobody knows yet whether the work is there
     * @throws Refused ({@link Reason#UNAVAILABLE}) when the database cannot be reached
     * @throws DatabaseFailure when a statement failed
     */
    public <T> T transaction(Work<T> work) {
        for (int time = 1; ; time++) {
            try {
                return once(work);
            } catch (Deadlock deadlock) {
                if (time == MOST_TIMES) {
                    throw new Refused(Reason.UNAVAILABLE, BUSY);
                }
            }
        }
    }

    /** As {@link #transaction}, for work that only reads: all that it reads is as it was at one moment. */
    public <T> T snapshot(Work<T> work) {
        return transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            }
            return work.on(connection);
        });
    }

    /**
     * Does work that is a single statement, which commits itself: one way to the database instead of four. A batch may commit in
     * parts, so it must be one that can be repeated.
     *
     * @throws CommitUnknown when the connection broke, so that nobody knows yet whether the work is there
     * @throws Refused ({@link Reason#UNAVAILABLE}) when the database cannot be reached
     * @throws DatabaseFailure when the statement failed
     */
    public <T> T statement(Work<T> work) {
        for (int time = 1; ; time++) {
            Connection connection = connect();
            try {
                // the driver knows how it stands, so this costs nothing; a pool may give one back otherwise
                connection.setAutoCommit(true);
                return work.on(connection);
            } catch (SQLException failure) {
                RuntimeException translated = translated(failure);
                if (translated instanceof Refused) {
                    throw new CommitUnknown(failure);
                }
                if (!(translated instanceof Deadlock)) {
                    throw translated;
                }
                if (time == MOST_TIMES) {
                    throw new Refused(Reason.UNAVAILABLE, BUSY);
                }
            } catch (UndeclaredThrowableException wrapped) {
                throw new CommitUnknown(new SQLException(wrapped));
            } finally {
                close(connection);
            }
        }
    }

    /** Somebody else's transaction was let through at the expense of this one. */
    private static final class Deadlock extends RuntimeException {
        Deadlock(SQLException cause) {
            super(cause.getMessage(), cause, false, false);
        }
    }

    // Payara's pool wraps what the driver throws on a connection that has broken.
    private <T> T once(Work<T> work) {
        Connection connection = connect();
        try {
            connection.setAutoCommit(false);
            T result = work.on(connection);
            commit(connection);
            return result;
        } catch (SQLException failure) {
            rollback(connection, failure);
            throw translated(failure);
        } catch (UndeclaredThrowableException wrapped) {
            rollback(connection, wrapped);
            throw translated(new SQLException(wrapped));
        } catch (RuntimeException | Error failure) {
            rollback(connection, failure);
            throw failure;
        } finally {
            giveBack(connection);
        }
    }

    private Connection connect() {
        try {
            return source.getConnection();
        } catch (SQLException failure) {
            throw translated(failure);
        }
    }

    private static void giveBack(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException | UndeclaredThrowableException broken) {
            LOG.debug("A connection broke when it was given back: {}", broken.getMessage());
        }
        close(connection);
    }

    /** When this fails the work is done or has failed all the same, and the pool finds a broken connection by itself. */
    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException | UndeclaredThrowableException broken) {
            LOG.debug("A connection broke when it was given back: {}", broken.getMessage());
        }
    }

    private static void commit(Connection connection) {
        try {
            connection.commit();
        } catch (SQLException failure) {
            throw new CommitUnknown(failure);
        } catch (UndeclaredThrowableException wrapped) {
            throw new CommitUnknown(new SQLException(wrapped));
        }
    }

    private static void rollback(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException | UndeclaredThrowableException failure) {
            cause.addSuppressed(failure);
        }
    }

    private static RuntimeException translated(SQLException failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SQLException of && DEADLOCK.equals(of.getSQLState())) {
                return new Deadlock(of);
            }
            if (t instanceof SQLNonTransientConnectionException || t instanceof SQLTransientException) {
                return new Refused(Reason.UNAVAILABLE, "The database cannot be reached; try again");
            }
        }
        return new DatabaseFailure(failure);
    }
}
