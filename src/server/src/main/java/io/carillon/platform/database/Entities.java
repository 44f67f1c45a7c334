package io.carillon.platform.database;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.persistence.EntityManager;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import jakarta.transaction.UserTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientException;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * MariaDB for what is read and written one by one: JPA, one transaction per piece of work. The counterpart of {@link
 * Database}. Entities are detached once the work is done. Safe for many threads when the entity manager is the
 * container's.
 */
public class Entities {

    /** A piece of work on entities, in one transaction. */
    @FunctionalInterface
    public interface Work<T> {
        T on(EntityManager entities);
    }

    /** JPA may want a connection beside the transaction's own, so all transactions together must not have the whole pool. */
    private static final int AT_ONCE = 8;

    private static final long PATIENCE_SECONDS = 10;

    private final Semaphore places = new Semaphore(AT_ONCE, true);
    private final EntityManager manager;
    private final UserTransaction transaction;
    private final DataSource source;

    /**
     * @param manager joins the transaction of the calling thread
     * @param transaction the calling thread's; none may have begun when work is to be done
     * @param source the entity manager's own, so that within a transaction both have the same connection
     */
    public Entities(EntityManager manager, UserTransaction transaction, DataSource source) {
        this.manager = manager;
        this.transaction = transaction;
        this.source = source;
    }

    /**
     * Does the work and commits it, or rolls all of it back.
     *
     * @throws Refused ({@link Reason#UNAVAILABLE}) when the database cannot be reached; when that happened to the COMMIT,
     *     the work may be there all the same
     * @throws DatabaseFailure when a statement failed
     */
    public <T> T transaction(Work<T> work) {
        takePlace();
        try {
            return inTransaction(work);
        } finally {
            places.release();
        }
    }

    private void takePlace() {
        try {
            if (!places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw unreachable();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw unreachable();
        }
    }

    private <T> T inTransaction(Work<T> work) {
        try {
            transaction.begin();
            T result;
            try {
                connect();
                result = work.on(manager);
            } catch (RuntimeException | Error failure) {
                rollback(failure);
                throw failure;
            }
            transaction.commit();
            return result;
        } catch (Refused refused) {
            throw refused;
        } catch (RuntimeException
                | NotSupportedException
                | SystemException
                | RollbackException
                | HeuristicMixedException
                | HeuristicRollbackException failure) {
            throw translated(failure);
        }
    }

    /** EclipseLink without a connection sleeps 5 s twice before it gives up, and no setting of JPA's keeps it from that. */
    private void connect() {
        try (Connection connection = source.getConnection()) {
            Objects.requireNonNull(connection);
        } catch (SQLException failure) {
            throw unreachable();
        }
    }

    private void rollback(Throwable cause) {
        try {
            transaction.rollback();
        } catch (SystemException | RuntimeException failure) {
            cause.addSuppressed(failure);
        }
    }

    private static RuntimeException translated(Exception failure) {
        SQLException statement = null;
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SQLNonTransientConnectionException || t instanceof SQLTransientException) {
                return unreachable();
            }
            if (t instanceof SQLException sql) {
                statement = sql;
            }
        }
        if (statement != null) {
            return new DatabaseFailure(statement);
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
    }

    private static Refused unreachable() {
        return new Refused(Reason.UNAVAILABLE, "The database cannot be reached; try again");
    }
}
