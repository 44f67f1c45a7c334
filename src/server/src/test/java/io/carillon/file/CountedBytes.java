package io.carillon.file;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Counts in the table that the quotas use, without the rest of them. */
public record CountedBytes(long most) implements StoredBytes {
    @Override
    public void admit(Connection connection, String owner, long bytes) throws SQLException {
        add(connection, owner, bytes);
        if (of(connection, owner) > most) {
            throw new Refused(Reason.INVALID, "Full", null, null, "storage_quota_exceeded");
        }
    }

    @Override
    public void add(Connection connection, String owner, long bytes) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("INSERT INTO quota_usage (key_id, quota, used)"
                + " VALUES (?, 'stored_bytes', ?) ON DUPLICATE KEY UPDATE used = used + VALUES(used)")) {
            update.setString(1, owner);
            update.setLong(2, bytes);
            update.executeUpdate();
        }
    }

    public static long of(Connection connection, String owner) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT used FROM quota_usage WHERE quota = 'stored_bytes' AND key_id = ?")) {
            select.setString(1, owner);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }
}
