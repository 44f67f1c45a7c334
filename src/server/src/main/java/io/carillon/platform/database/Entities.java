package io.carillon.platform.database;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.persistence.EntityManager;
import jakarta.resource.ResourceException;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import jakarta.transaction.UserTransaction;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientException;

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

    private final EntityManager manager;
    private final UserTransaction transaction;

    /**
     * @param manager joins the transaction of the calling thread
     * @param transaction the calling thread's; none may have begun when work is to be done
     */
    public Entities(EntityManager manager, UserTransaction transaction) {
        this.manager = manager;
        this.transaction = transaction;
    }

    /**
     * Does the work and commits it, or rolls all of it back.
     *
     * @throws Refused ({@link Reason#UNAVAILABLE}) when the database cannot be reached; when that happened to the COMMIT,
     *     the work may be there all the same
     * @throws DatabaseFailure when a statement failed
     */
    public <T> T transaction(Work<T> work) {
        try {
            transaction.begin();
            T result;
            try {
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
            // A connector's pool wraps what the driver said in an exception of its own.
            if (t instanceof SQLNonTransientConnectionException
                    || t instanceof SQLTransientException
                    || t instanceof ResourceException) {
                return new Refused(Reason.UNAVAILABLE, "The database cannot be reached; try again");
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
}
