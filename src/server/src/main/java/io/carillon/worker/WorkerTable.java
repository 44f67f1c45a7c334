package io.carillon.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The table {@code worker}. Each method works in its caller's transaction. */
final class WorkerTable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOW = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
    private static final String MINE = "(key_id = VALUES(key_id))";
    private static final String COLUMNS =
            "SELECT id, key_id, report, first_seen, last_seen, drain, started, " + NOW + " - last_seen FROM worker ";

    /** Whose name a worker has, and by which key it came. */
    record Voice(String id, String keyId) {}

    /**
     * What a worker said.
     *
     * @param admin whether its key may speak for the worker of another
     * @param report null from a worker that says nothing of itself
     */
    record Heard(boolean admin, WorkerReport report) {
        long started() {
            return report == null ? 0 : report.started();
        }
    }

    private WorkerTable() {}

    /**
     * Writes down that they live. A name is its key's while the worker lives: what is said by another key, not an admin's, is left
     * out. A new run of a worker need not drain because the last one should.
     */
    static void write(Connection connection, Map<Voice, Heard> heard) throws SQLException {
        // The key is settled first, and the columns after it see whose the row is now.
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO worker (id, key_id, report, started, first_seen, last_seen) VALUES (?, ?, ?, ?, " + NOW
                        + ", " + NOW + ") ON DUPLICATE KEY UPDATE"
                        + " key_id = IF(? OR last_seen < " + NOW + " - " + SeenWorker.DEAD_AFTER.toMillis()
                        + " OR JSON_VALUE(report, '$.state') = '" + SeenWorker.ENDED + "', VALUES(key_id), key_id),"
                        + " report = IF(" + MINE + ", COALESCE(VALUES(report), report), report),"
                        + " last_seen = IF(" + MINE + ", VALUES(last_seen), last_seen),"
                        + " drain = IF(NOT " + MINE + " OR VALUES(started) IN (0, drain), drain, NULL),"
                        + " started = IF(" + MINE + " AND VALUES(started) <> 0, VALUES(started), started)")) {
            // In the order of their ids, so that instances that write the same rows do not lock each other out.
            for (Voice voice : heard.keySet().stream()
                    .sorted(Comparator.comparing(Voice::id).thenComparing(Voice::keyId))
                    .toList()) {
                Heard worker = heard.get(voice);
                insert.setString(1, voice.id());
                insert.setString(2, voice.keyId());
                if (worker.report() == null) {
                    insert.setNull(3, Types.VARCHAR);
                } else {
                    insert.setString(3, json(worker.report()));
                }
                insert.setLong(4, worker.started());
                insert.setBoolean(5, worker.admin());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** The runs that shall finish, by worker. */
    static Map<String, Long> draining(Connection connection) throws SQLException {
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT id, drain FROM worker WHERE drain IS NOT NULL");
                ResultSet rows = select.executeQuery()) {
            Map<String, Long> found = new HashMap<>();
            while (rows.next()) {
                found.put(rows.getString(1), rows.getLong(2));
            }
            return found;
        }
    }

    /** False when there is no such worker. */
    static boolean drain(Connection connection, String id) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE worker SET drain = started WHERE id = ?")) {
            update.setString(1, id);
            return update.executeUpdate() > 0;
        }
    }

    static Optional<SeenWorker> find(Connection connection, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COLUMNS + "WHERE id = ?")) {
            select.setString(1, id);
            return read(select).stream().findFirst();
        }
    }

    /** By id, {@code most} of them, after that id. */
    static List<SeenWorker> list(Connection connection, int most, String after) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COLUMNS + "WHERE id > ? ORDER BY id LIMIT ?")) {
            select.setString(1, after == null ? "" : after);
            select.setInt(2, most);
            return read(select);
        }
    }

    static int forget(Connection connection, Duration silence, int most) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM worker WHERE last_seen < " + NOW + " - ? ORDER BY last_seen LIMIT ?")) {
            delete.setLong(1, silence.toMillis());
            delete.setInt(2, most);
            return delete.executeUpdate();
        }
    }

    private static List<SeenWorker> read(PreparedStatement select) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            List<SeenWorker> found = new ArrayList<>();
            while (rows.next()) {
                long drain = rows.getLong(6);
                boolean drains = !rows.wasNull() && drain == rows.getLong(7);
                found.add(new SeenWorker(
                        rows.getString(1),
                        rows.getString(2),
                        report(rows.getString(3)),
                        rows.getLong(4),
                        rows.getLong(5),
                        Duration.ofMillis(Math.max(0, rows.getLong(8))),
                        drains));
            }
            return found;
        }
    }

    private static String json(WorkerReport report) {
        try {
            return JSON.writeValueAsString(report);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Optional<WorkerReport> report(String json) {
        try {
            return json == null ? Optional.empty() : Optional.of(JSON.readValue(json, WorkerReport.class));
        } catch (JsonProcessingException older) {
            return Optional.empty();
        }
    }
}
