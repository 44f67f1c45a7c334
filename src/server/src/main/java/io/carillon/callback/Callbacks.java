package io.carillon.callback;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * The callbacks that completed tasks owe. One that is owed is on disk, and from then on it is delivered whatever dies: see
 * {@link CallbackDelivery}. Safe for many threads.
 */
public class Callbacks {
    private static final Duration RETRIED_FOR = Duration.ofDays(1);

    private final Database database;
    private final CallbackTable table;
    private final Runnable wake;

    Callbacks(Database database, CallbackTable table, Runnable wake) {
        this.database = database;
        this.table = table;
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

    /**
     * Sends the callback of a task once more, whether it was delivered or given up; it is tried for a day again.
     *
     * @return whether the task has such a callback; false too while it is still being tried
     */
    public boolean replay(String taskId) {
        boolean found = table.replay(taskId, RETRIED_FOR);
        if (found) {
            wake();
        }
        return found;
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
