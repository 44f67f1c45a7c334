package io.carillon.quota;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;

/** What keys use and may use, in MariaDB. */
class QuotaTable {

    /** Adds to what a key uses, in whoever's transaction, and keeps the row locked until that ends. */
    long add(Connection connection, String key, Quota quota, long amount) throws SQLException {
        try (PreparedStatement add = connection.prepareStatement("INSERT INTO quota_usage (key_id, quota, used)"
                + " VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE used = GREATEST(0, used + ?)")) {
            add.setString(1, key);
            add.setString(2, quota.text());
            add.setLong(3, Math.max(0, amount));
            add.setLong(4, amount);
            add.executeUpdate();
        }
        return used(connection, key, quota);
    }

    long used(Connection connection, String key, Quota quota) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT used FROM quota_usage WHERE key_id = ? AND quota = ?")) {
            select.setString(1, key);
            select.setString(2, quota.text());
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    /** What is said about a key; nothing for one without a row. */
    Limits limits(Connection connection, String key) throws SQLException {
        Map<Quota, Long> limits = new EnumMap<>(Quota.class);
        try (PreparedStatement select = connection.prepareStatement("SELECT quota_queued_requests, quota_live_batches,"
                + " quota_stored_bytes, quota_requests_per_minute FROM api_key WHERE id = ?")) {
            select.setString(1, key);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    for (Quota quota : Quota.values()) {
                        long value = row.getLong("quota_" + quota.text());
                        if (!row.wasNull()) {
                            limits.put(quota, value);
                        }
                    }
                }
            }
        }
        return new Limits(limits);
    }
}
