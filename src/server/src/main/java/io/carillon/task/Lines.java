package io.carillon.task;

import io.carillon.platform.database.Database;
import io.carillon.platform.json.RawJson;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The tasks that are lines of batches, as MariaDB has them. All of it blocks. Safe for many threads. */
public class Lines {
    /** Of how many lines the sizes are read first. */
    private static final int FEW = 50;

    private static final int MOST_LINES = 1_000;
    private static final int MOST_BYTES = 4 << 20;
    private static final String WITHDRAWABLE = "state IN ('scheduled', 'waiting')";
    private static final String OPEN = "state IN ('scheduled', 'waiting', 'running')";

    /**
     * A line that has ended.
     *
     * @param number from 1
     * @param result the whole completion as the worker sent it; null when none did, for the task was given up or cancelled
     * @param error why it was no success, in words; or null
     */
    public record Line(int number, TaskId task, String customId, TaskState state, RawJson result, String error) {}

    /** A line that has not ended. */
    public record Open(int number, TaskId task) {}

    private final Database database;

    Lines(Database database) {
        this.database = database;
    }

    /**
     * Ended lines of a batch in their order: as many as fit into a few megabytes, and at least one if there is one.
     *
     * @param after the number after which to begin; 0 for the first
     */
    public List<Line> ended(String batch, int after) {
        // what ends meanwhile is not measured, so it is not read either
        return database.snapshot(connection -> {
            int last = endOfPage(connection, batch, after);
            return last == after ? List.of() : ended(connection, batch, after, last);
        });
    }

    /**
     * The last line of what fits. It is found by the sizes, because the driver would fetch every row that a query finds,
     * however large.
     */
    private static int endOfPage(Connection connection, String batch, int after) throws SQLException {
        int last = after;
        int lines = 0;
        long bytes = 0;
        for (int more = FEW; more > 0; ) {
            int found = 0;
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT line, COALESCE(OCTET_LENGTH(result), 0) FROM task FORCE INDEX (by_line)"
                            + " WHERE batch_id = ? AND line > ? AND ended IS NOT NULL ORDER BY line LIMIT ?")) {
                select.setString(1, batch);
                select.setInt(2, last);
                select.setInt(3, more);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        bytes += rows.getLong(2);
                        if (bytes > MOST_BYTES && lines > 0) {
                            return last;
                        }
                        last = rows.getInt(1);
                        lines++;
                        found++;
                    }
                }
            }
            // MariaDB reads each result for its size, so no more are asked for than are likely to fit.
            long likely = bytes == 0 ? MOST_LINES : lines * (MOST_BYTES - bytes) / bytes;
            more = found < more ? 0 : (int) Math.min(MOST_LINES - lines, likely);
        }
        return last;
    }

    private static List<Line> ended(Connection connection, String batch, int after, int last) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT line, id, custom_id, state, result, error FROM task FORCE INDEX (by_line)"
                        + " WHERE batch_id = ? AND line > ? AND line <= ? AND ended IS NOT NULL ORDER BY line")) {
            select.setString(1, batch);
            select.setInt(2, after);
            select.setInt(3, last);
            List<Line> lines = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    byte[] result = rows.getBytes(5);
                    lines.add(new Line(
                            rows.getInt(1),
                            TaskId.parse(rows.getString(2)),
                            rows.getString(3),
                            TaskState.of(rows.getString(4)),
                            result == null ? null : new RawJson(result),
                            rows.getString(6)));
                }
            }
            return lines;
        }
    }

    /**
     * Lines that have not ended, in their order.
     *
     * @param onlyWaiting leaves out those that a worker has
     */
    public List<Open> open(String batch, int after, int most, boolean onlyWaiting) {
        return database.transaction(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT line, id FROM task FORCE INDEX (by_line)"
                            + " WHERE batch_id = ? AND line > ? AND " + (onlyWaiting ? WITHDRAWABLE : OPEN)
                            + " ORDER BY line LIMIT ?")) {
                select.setString(1, batch);
                select.setInt(2, after);
                select.setInt(3, most);
                List<Open> open = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        open.add(new Open(rows.getInt(1), TaskId.parse(rows.getString(2))));
                    }
                }
                return open;
            }
        });
    }
}
