package io.carillon.task;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows of tasks that a transaction locks to change many of them with one statement. */
final class LockedRows {
    /**
     * The columns without a default, for an insert that always meets its row and so is an update: an update of many rows, each
     * with values of its own, costs MariaDB twice as much.
     */
    static final String NEVER_INSERTED = "id, queue, level, accepted, owner, endpoint, data, expires";

    /** Values of {@link #NEVER_INSERTED}, of which only the id is a parameter. */
    static final String NEVER_INSERTED_VALUES = "?, 0, 0, 0, '', '', '', 0";

    private LockedRows() {}

    /**
     * Locks the rows of those tasks that exist, in the order of their ids, so that no two transactions wait for each other.
     *
     * @param columns what is read, the id among it
     * @param ids of which one may be there more than once
     * @return what was read, by id
     */
    static <T> Map<String, T> lock(Connection connection, String columns, Stream<TaskId> ids, Rows.Reader<T> reader)
            throws SQLException {
        Collection<String> inOrder = ids.map(TaskId::text).collect(Collectors.toCollection(TreeSet::new));
        Map<String, T> rows = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT " + columns
                + " FROM task FORCE INDEX (PRIMARY) WHERE id IN (" + Rows.marks(inOrder.size())
                + ") ORDER BY id FOR UPDATE")) {
            int at = 1;
            for (String id : inOrder) {
                select.setString(at++, id);
            }
            try (ResultSet found = select.executeQuery()) {
                while (found.next()) {
                    rows.put(found.getString("id"), reader.read(found));
                }
            }
        }
        return rows;
    }
}
