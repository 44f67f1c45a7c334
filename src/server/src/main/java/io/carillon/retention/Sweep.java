package io.carillon.retention;

import java.sql.Connection;
import java.sql.SQLException;

/** Removes one kind of rows. */
@FunctionalInterface
interface Sweep {
    /**
     * Removes the oldest of what is too old, in the caller's transaction.
     *
     * @param most how many at most
     * @return how many; as many as {@code most} when there may be more
     */
    int remove(Connection connection, int most) throws SQLException;
}
