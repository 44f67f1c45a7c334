package io.carillon.callback;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;

/**
 * The callbacks that completed tasks owe. One that is owed is on disk, and from then on it is delivered whatever dies: see
 * {@link CallbackDelivery}. Safe for many threads.
 */
public class Callbacks {
    private static final Duration RETRIED_FOR = Duration.ofDays(1);

    private final Database database;
    private final CallbackTable table;
    private final CallbackLog log;
    private final Runnable wake;

    Callbacks(Database database, CallbackTable table, Runnable wake) {
        this.database = database;
        this.table = table;
        this.log = new CallbackLog(database);
        this.wake = wake;
    }

    /**
     * Writes callbacks in the transaction of the completions that owe them; call {@link #wake} after its commit. A task
     * that has a callback already gets no second one.
     *
     * @throws SQLException when a statement failed; then the transaction is to be rolled back
     */
    public void owe(Connection connection, List<OwedCallback> callbacks) throws SQLException {
        table.insert(connection, callbacks, RETRIED_FOR);
    }

    /**
     * Writes callbacks in a transaction of their own and delivers them at once. A task that has a callback already gets no
     * second one, so it may be repeated when the outcome is unknown.
     */
    public void owe(List<OwedCallback> callbacks) {
        if (callbacks.isEmpty()) {
            return;
        }
        database.transaction(connection -> {
            owe(connection, callbacks);
            return null;
        });
        wake();
    }

    /** The callback that a task owes or owed, as long as it is kept. */
    public Optional<Callback> find(String taskId) {
        return log.find(taskId);
    }

    /** What came of a callback's attempts, in order; of very many, the last 100. */
    public List<CallbackAttempt> attempts(Callback callback) {
        return log.attempts(callback.number());
    }

    /**
     * Callbacks, newest first.
     *
     * @param limit how many at most
     * @param after the task of the last one of the page before, or null
     * @throws Refused {@link Reason#INVALID} when there is no callback to go on after
     */
    public List<Callback> list(CallbackFilter filter, int limit, String after) {
        return log.list(filter, limit, after);
    }

    /**
     * Sends the callback of a task now and tries it for a day again, whether it was delivered, was given up or would be
     * due later. One whose attempt is under way is left to that.
     *
     * @return whether the task has a callback
     */
    public boolean replay(String taskId) {
        boolean found = log.replay(taskId, RETRIED_FOR);
        if (found) {
            wake();
        }
        return found;
    }

    /**
     * The same for many, newest first.
     *
     * @param filter with the state delivered or failed
     * @param limit how many at most
     * @return how many are sent again
     */
    public int replay(CallbackFilter filter, int limit) {
        int replayed = log.replay(filter, limit, RETRIED_FOR);
        if (replayed > 0) {
            wake();
        }
        return replayed;
    }

    /**
     * Removes the callbacks of these tasks with their delivery logs, in the caller's transaction; one that is pending stays.
     *
     * @throws SQLException when a statement failed; then the transaction is to be rolled back
     */
    public static void forget(Connection connection, List<String> taskIds) throws SQLException {
        CallbackLog.forget(connection, taskIds);
    }

    /**
     * Takes back the callbacks of tasks that have not ended after all, because a person replays them, in the caller's
     * transaction: each owes another when it ends again. One that is being sent may still arrive.
     *
     * @throws SQLException when a statement failed; then the transaction is to be rolled back
     */
    public static void withdraw(Connection connection, List<String> taskIds) throws SQLException {
        CallbackLog.withdraw(connection, taskIds);
    }

    /**
     * Removes callbacks that were delivered or given up long ago, with their delivery logs, in the caller's transaction.
     *
     * @param oldest gives the instant, in ms since 1970, before which a queue's callbacks are too old
     * @return how many, at most {@code most}
     * @throws SQLException when a statement failed; then the transaction is to be rolled back
     */
    public static int forgetOld(Connection connection, IntToLongFunction oldest, int most) throws SQLException {
        return CallbackLog.forgetOld(connection, oldest, most);
    }

    /** Tells this instance's delivery that callbacks were committed. Cheap, and never blocks. */
    public void wake() {
        wake.run();
    }

    /** How many callbacks of all instances are neither delivered nor given up; counts no further than 100,000. */
    public long pending() {
        return table.pending();
    }
}
