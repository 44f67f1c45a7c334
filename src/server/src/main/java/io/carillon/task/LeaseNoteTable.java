package io.carillon.task;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Map;

/** What the rows of offline tasks say of their attempts. Blocks. Safe for many threads. */
class LeaseNoteTable {
    private final Database database;

    LeaseNoteTable(Database database) {
        this.database = database;
    }

    /**
     * Notes attempts that Redis has given out, and leases that were lost. What is newer stays, and what has ended stays so,
     * although its last attempt may be noted only then. One task's notes count in their order.
     */
    void write(List<LeaseNote> notes) {
        database.transaction(connection -> {
            Map<String, Noted> rows = LockedRows.lock(
                    connection, "id, state, attempt", notes.stream().map(LeaseNote::id), Noted::new);
            List<LeaseNote> newer = notes.stream()
                    .filter(note -> rows.containsKey(note.id().text())
                            && rows.get(note.id().text()).learns(note))
                    .toList();
            if (!newer.isEmpty()) {
                write(connection, newer, rows);
            }
            return newer.size();
        });
    }

    /** What a locked row says of its attempts, with the notes that were looked at so far. */
    private static final class Noted {
        private TaskState state;
        private int attempt;

        Noted(ResultSet row) throws SQLException {
            state = TaskState.of(row.getString("state"));
            attempt = row.getInt("attempt");
        }

        boolean learns(LeaseNote note) {
            int noted = note.delivery().attempt();
            boolean newer = noted > attempt
                    || noted == attempt && state == TaskState.RUNNING && note.state() != TaskState.RUNNING;
            if (newer) {
                attempt = noted;
                state = state.isFinal() ? state : note.state();
            }
            return newer;
        }
    }

    /** Writes notes into rows that this transaction has locked, of one task one after the other. */
    private static void write(Connection connection, List<LeaseNote> notes, Map<String, Noted> rows)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("INSERT INTO task (" + LockedRows.NEVER_INSERTED
                + ", state, attempt, lost, failures, worker, deadline, started, due,"
                + " max_lost, sequential) VALUES "
                + Rows.of("(" + LockedRows.NEVER_INSERTED_VALUES + ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", notes.size())
                + " ON DUPLICATE KEY UPDATE state = VALUES(state), attempt = VALUES(attempt),"
                + " lost = IF(VALUES(lost) >= 0, VALUES(lost), lost),"
                + " failures = IF(VALUES(failures) >= 0, VALUES(failures), failures),"
                + " worker = COALESCE(VALUES(worker), worker), deadline = VALUES(deadline),"
                + " started = COALESCE(VALUES(started), started), due = VALUES(due),"
                + " max_lost = COALESCE(VALUES(max_lost), max_lost), sequential = VALUES(sequential)")) {
            int at = 1;
            for (LeaseNote note : notes) {
                Delivery delivery = note.delivery();
                TaskState state = rows.get(note.id().text()).state;
                update.setString(at++, note.id().text());
                update.setString(at++, (state.isFinal() ? state : note.state()).word());
                update.setInt(at++, delivery.attempt());
                update.setInt(at++, delivery.lost());
                update.setInt(at++, delivery.failures());
                update.setString(at++, delivery.worker());
                Rows.setPositive(update, at++, state.isFinal() ? 0 : delivery.deadline());
                Rows.setPositive(update, at++, delivery.started());
                Rows.setPositive(update, at++, state.isFinal() ? 0 : delivery.due());
                update.setObject(at++, note.maxLost(), Types.INTEGER);
                update.setBoolean(at++, note.sequential());
            }
            update.executeUpdate();
        }
    }
}
