package io.carillon.retention;

import io.carillon.callback.Callbacks;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Offline tasks that ended long ago go, with their attempts, callbacks and dead letters, and so do online ones that were given
 * up. One whose callback is still to be delivered stays, and a line of a batch until the batch has its files. For one thread at a time.
 */
class OldTasks implements Sweep {
    /** Reads one index entry for each queue. */
    static final String OLDEST = "SELECT queue, MIN(ended) FROM task GROUP BY queue";

    /** Tables whose rows belong to a task and go with it, by their column {@code task_id}. */
    static final List<String> OF_A_TASK = List.of("task_attempt", "dead_letter");

    private static final String ENDED = "state IN ('succeeded', 'failed', 'timeout', 'cancelled')";

    private final Ages ages;
    /** Where to go on in a queue whose oldest tasks must stay; in ms since 1970. */
    private final Map<Integer, Long> passed = new HashMap<>();

    OldTasks(Ages ages) {
        this.ages = ages;
    }

    @Override
    public int remove(Connection connection, int most) throws SQLException {
        int looked = 0;
        for (Map.Entry<Integer, Long> queue : oldest(connection).entrySet()) {
            long before = ages.oldest(queue.getKey());
            if (looked >= most) {
                break;
            }
            if (queue.getValue() < before) {
                looked += remove(connection, queue.getKey(), before, most - looked);
            }
        }
        return looked;
    }

    private static Map<Integer, Long> oldest(Connection connection) throws SQLException {
        Map<Integer, Long> oldest = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(OLDEST)) {
            while (rows.next()) {
                long ended = rows.getLong(2);
                if (!rows.wasNull()) {
                    oldest.put(rows.getInt(1), ended);
                }
            }
        }
        return oldest;
    }

    private int remove(Connection connection, int queue, long before, int most) throws SQLException {
        List<String> ids = new ArrayList<>();
        long last = 0;
        try (PreparedStatement select = connection.prepareStatement("SELECT id, ended FROM task FORCE INDEX (by_end)"
                + " WHERE queue = ? AND ended > ? AND ended < ? AND " + ENDED + " ORDER BY ended LIMIT ?")) {
            select.setInt(1, queue);
            select.setLong(2, passed.getOrDefault(queue, 0L));
            select.setLong(3, before);
            select.setInt(4, most);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                    last = rows.getLong(2);
                }
            }
        }
        int removed = ids.isEmpty() ? 0 : remove(connection, ids, before);
        if (ids.size() < most) {
            passed.remove(queue);
        } else if (removed < ids.size()) {
            passed.put(queue, last);
        }
        return ids.size();
    }

    private static int remove(Connection connection, List<String> ids, long before) throws SQLException {
        Callbacks.forget(connection, ids);
        String marks = String.join(", ", Collections.nCopies(ids.size(), "?"));
        int removed;
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM task WHERE id IN (" + marks + ") AND "
                + ENDED + " AND ended < ?"
                + " AND NOT EXISTS (SELECT 1 FROM callback WHERE callback.task_id = task.id)"
                + " AND (line IS NULL OR NOT EXISTS (SELECT 1 FROM batch WHERE batch.id = task.batch_id AND"
                + " batch.ended_at IS NULL))")) {
            set(delete, ids);
            delete.setLong(ids.size() + 1, before);
            removed = delete.executeUpdate();
        }
        for (String table : OF_A_TASK) {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE task_id IN ("
                    + marks + ") AND NOT EXISTS (SELECT 1 FROM task WHERE task.id = " + table + ".task_id)")) {
                set(delete, ids);
                delete.executeUpdate();
            }
        }
        return removed;
    }

    private static void set(PreparedStatement statement, List<String> ids) throws SQLException {
        for (int i = 0; i < ids.size(); i++) {
            statement.setString(i + 1, ids.get(i));
        }
    }
}
