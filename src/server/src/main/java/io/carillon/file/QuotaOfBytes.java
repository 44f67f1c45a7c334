package io.carillon.file;

import io.carillon.quota.Quota;
import io.carillon.quota.Quotas;
import java.sql.Connection;
import java.sql.SQLException;

/** Counts bytes as one of a key's quotas. */
record QuotaOfBytes(Quotas quotas) implements StoredBytes {
    @Override
    public void admit(Connection connection, String owner, long bytes) throws SQLException {
        quotas.admit(connection, owner, Quota.STORED_BYTES, bytes);
    }

    @Override
    public void add(Connection connection, String owner, long bytes) throws SQLException {
        if (bytes < 0) {
            quotas.release(connection, owner, Quota.STORED_BYTES, -bytes);
        } else {
            quotas.add(connection, owner, Quota.STORED_BYTES, bytes);
        }
    }
}
