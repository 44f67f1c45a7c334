package io.carillon.task;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * How many lines of each batch have ended. The transaction that ends tasks adds a row for each batch that they are of, so
 * the sum of a batch's rows is exact at any moment and no two completions wait for each other. Safe for many threads.
 */
public class Tally {
    /** Why a task is cancelled whose batch was cancelled; such a line is neither completed nor failed. */
    public static final String BATCH_CANCELLED = "batch_cancelled";
    /** Why a task is cancelled whose batch has expired. */
    public static final String BATCH_EXPIRED = "batch_expired";

    private static final int WORTH_MERGING = 50;

    /**
     * Lines that have ended.
     *
     * @param completed with a result whose status is 2xx
     * @param failed with any other, or given up, or cancelled alone
     * @param withdrawn because the batch was cancelled or expired
     */
    public record Counts(int completed, int failed, int withdrawn) {
        public static final Counts NONE = new Counts(0, 0, 0);

        public int ended() {
            return completed + failed + withdrawn;
        }

        Counts plus(Counts more) {
            return new Counts(completed + more.completed, failed + more.failed, withdrawn + more.withdrawn);
        }
    }

    /** A line that ended. */
    record Ended(String batch, Counts as) {
        private static final Counts COMPLETED = new Counts(1, 0, 0);
        private static final Counts FAILED = new Counts(0, 1, 0);
        private static final Counts WITHDRAWN = new Counts(0, 0, 1);

        static Ended of(String batch, TaskTable.End end) {
            if (end.outcome() == TaskState.CANCELLED) {
                boolean withBatch = BATCH_CANCELLED.equals(end.error()) || BATCH_EXPIRED.equals(end.error());
                return new Ended(batch, withBatch ? WITHDRAWN : FAILED);
            }
            return new Ended(batch, end.fields() != null && end.fields().isAnswer() ? COMPLETED : FAILED);
        }
    }

    private final Database database;
    private volatile Consumer<Collection<String>> listener = batches -> {};

    Tally(Database database) {
        this.database = database;
    }

    /** @param told the batches of which lines have ended by this instance; it must be quick */
    public void onEnd(Consumer<Collection<String>> told) {
        listener = told;
    }

    void tell(Collection<String> batches) {
        listener.accept(batches);
    }

    void add(Connection connection, List<Ended> lines) throws SQLException {
        Map<String, Counts> sums = new TreeMap<>();
        lines.forEach(line -> sums.merge(line.batch(), line.as(), Counts::plus));
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO batch_tally (batch_id, completed, failed, withdrawn) VALUES (?, ?, ?, ?)")) {
            for (Map.Entry<String, Counts> sum : sums.entrySet()) {
                insert(insert, sum.getKey(), sum.getValue());
            }
        }
    }

    private static void insert(PreparedStatement insert, String batch, Counts counts) throws SQLException {
        insert.setString(1, batch);
        insert.setInt(2, counts.completed());
        insert.setInt(3, counts.failed());
        insert.setInt(4, counts.withdrawn());
        insert.executeUpdate();
    }

    /** The counts of batches that live; none for one of which nothing has ended. */
    public Map<String, Counts> counts(Collection<String> batches) {
        return batches.isEmpty() ? Map.of() : database.transaction(connection -> counts(connection, batches));
    }

    /** The same in the caller's transaction. */
    public static Map<String, Counts> counts(Connection connection, Collection<String> batches) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT batch_id, SUM(completed), SUM(failed), SUM(withdrawn) FROM batch_tally WHERE batch_id IN ("
                        + Rows.marks(batches.size()) + ") GROUP BY batch_id")) {
            int i = 1;
            for (String batch : batches) {
                select.setString(i++, batch);
            }
            Map<String, Counts> counts = new HashMap<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    counts.put(rows.getString(1), new Counts(rows.getInt(2), rows.getInt(3), rows.getInt(4)));
                }
            }
            return counts;
        }
    }

    /** Makes one row of a batch's many, when they are many. Only one instance may do that at a time for a batch. */
    public void merge(String batch) {
        database.transaction(connection -> {
            List<Long> ids = new ArrayList<>();
            Counts sum = Counts.NONE;
            // A plain read, so that it waits for no completion; the rows that it sees never change.
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT id, completed, failed, withdrawn FROM batch_tally WHERE batch_id = ? LIMIT 1000")) {
                select.setString(1, batch);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        ids.add(rows.getLong(1));
                        sum = sum.plus(new Counts(rows.getInt(2), rows.getInt(3), rows.getInt(4)));
                    }
                }
            }
            if (ids.size() < WORTH_MERGING) {
                return null;
            }
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM batch_tally WHERE id IN ("
                            + String.join(", ", Collections.nCopies(ids.size(), "?")) + ")");
                    PreparedStatement insert = connection.prepareStatement(
                            "INSERT INTO batch_tally (batch_id, completed, failed, withdrawn) VALUES (?, ?, ?, ?)")) {
                for (int i = 0; i < ids.size(); i++) {
                    delete.setLong(i + 1, ids.get(i));
                }
                if (delete.executeUpdate() != ids.size()) {
                    throw new IllegalStateException("Somebody else has added up the lines of " + batch);
                }
                insert(insert, batch, sum);
            }
            return null;
        });
    }

    /** Forgets the counts of a batch that has ended, in the caller's transaction. */
    public static void forget(Connection connection, String batch) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM batch_tally WHERE batch_id = ?")) {
            delete.setString(1, batch);
            delete.executeUpdate();
        }
    }
}
