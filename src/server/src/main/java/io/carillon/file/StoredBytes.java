package io.carillon.file;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Counts the bytes that each key keeps, its unfinished uploads included, in the transaction that changes what it keeps. That
 * transaction must roll back when anything is thrown here.
 */
public interface StoredBytes {
    /**
     * Counts more, if the key may keep so many.
     *
     * @param owner the public id of the key
     * @param bytes not negative
     * @throws io.carillon.platform.error.Refused 400 {@code storage_quota_exceeded}
     */
    void admit(Connection connection, String owner, long bytes) throws SQLException;

    /**
     * Counts more or less, whatever the key may keep: for what a batch writes, and for what is given up.
     *
     * @param bytes negative for less
     */
    void add(Connection connection, String owner, long bytes) throws SQLException;
}
