package io.carillon.task;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;

/**
 * Attempts that ended without ending their task: of offline tasks, and of online ones that were given up. Blocks. Safe for
 * many threads.
 */
class AttemptTable {
    private static final int LONGEST_ERROR = 1000;
    private static final int MOST = 1000;

    private final Database database;
    private final Rows rows;

    AttemptTable(Database database) {
        this.database = database;
        this.rows = new Rows(database);
    }

    /** Writes attempts; one that is there already stays as it is. */
    void insert(Collection<EndedAttempt> attempts) {
        database.transaction(connection -> {
            insert(connection, attempts);
            return null;
        });
    }

    static void insert(Connection connection, Collection<EndedAttempt> attempts) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO task_attempt (task_id, attempt, worker, started, ended, outcome, error)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE attempt = VALUES(attempt)")) {
            for (EndedAttempt attempt : attempts) {
                String error = attempt.error();
                insert.setString(1, attempt.id().text());
                insert.setInt(2, attempt.attempt());
                insert.setString(3, attempt.worker());
                insert.setLong(4, attempt.started());
                insert.setLong(5, attempt.ended());
                insert.setString(6, attempt.outcome());
                insert.setString(7, error.length() > LONGEST_ERROR ? error.substring(0, LONGEST_ERROR) : error);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** The attempts of a task, oldest first; of very many, the last. */
    List<EndedAttempt> of(TaskId id) {
        return rows.read(
                "SELECT attempt, worker, started, ended, outcome, error FROM (SELECT * FROM task_attempt"
                        + " WHERE task_id = ? ORDER BY attempt DESC, outcome DESC LIMIT ?) AS latest"
                        + " ORDER BY attempt, outcome = 'replayed', ended",
                List.of(id.text(), MOST),
                row -> new EndedAttempt(
                        id,
                        row.getInt("attempt"),
                        row.getString("worker"),
                        row.getLong("started"),
                        row.getLong("ended"),
                        row.getString("outcome"),
                        row.getString("error")));
    }
}
