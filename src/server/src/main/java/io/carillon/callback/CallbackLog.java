package io.carillon.callback;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;

/**
 * The delivery log: how callbacks stand, what came of their attempts, and the start of a new round of attempts. Everything
 * here reads and writes a bounded number of rows by an index. Safe for many threads.
 */
class CallbackLog {
    private static final String COLUMNS =
            "SELECT id, task_id, owner, queue, url, trace_id, state, attempts, created_at,"
                    + " next_at, retry_until, delivered_at, last_status, last_error, size, claimed_by FROM callback";
    private static final String AGAIN = "UPDATE callback SET state = 'pending', replayed_at = attempts, claimed_by = 0,"
            + " delivered_at = NULL, next_at = " + CallbackTable.NOW + ", retry_until = " + CallbackTable.NOW
            + " + ? WHERE ";
    /** Reads one index entry for each queue. */
    static final String QUEUES = "SELECT queue FROM callback GROUP BY queue";

    private static final int MOST_ATTEMPTS = 100;
    private static final int REPLAYED_TOGETHER = 500;

    private final Database database;

    CallbackLog(Database database) {
        this.database = database;
    }

    Optional<Callback> find(String taskId) {
        return database.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(COLUMNS + " WHERE task_id = ?")) {
                select.setString(1, taskId);
                return read(select).stream().findFirst();
            }
        });
    }

    /** The last attempts of a callback, in order. */
    List<CallbackAttempt> attempts(long callback) {
        return database.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT attempt, ended_at, took_ms, status, error, answer FROM (SELECT * FROM callback_attempt"
                            + " WHERE callback_id = ? ORDER BY attempt DESC LIMIT " + MOST_ATTEMPTS
                            + ") AS latest ORDER BY attempt")) {
                select.setLong(1, callback);
                List<CallbackAttempt> attempts = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        byte[] answer = rows.getBytes(6);
                        attempts.add(new CallbackAttempt(
                                rows.getInt(1),
                                Instant.ofEpochMilli(rows.getLong(2)),
                                Duration.ofMillis(rows.getLong(3)),
                                rows.getObject(4, Integer.class),
                                rows.getString(5),
                                answer == null ? new byte[0] : answer));
                    }
                }
                return attempts;
            }
        });
    }

    /** Newest first; those that are older than the callback of the task {@code after}, when that is not null. */
    List<Callback> list(CallbackFilter filter, int limit, String after) {
        return database.transaction(connection -> {
            long before = after == null ? Long.MAX_VALUE : number(connection, after);
            List<Long> ids = ids(connection, filter, before, limit);
            if (ids.isEmpty()) {
                return List.of();
            }
            try (PreparedStatement select =
                    connection.prepareStatement(COLUMNS + " WHERE id IN (" + joined(ids) + ") ORDER BY id DESC")) {
                return read(select);
            }
        });
    }

    private static long number(Connection connection, String taskId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT id FROM callback WHERE task_id = ?")) {
            select.setString(1, taskId);
            try (ResultSet rows = select.executeQuery()) {
                if (!rows.next()) {
                    throw new Refused(
                            Reason.INVALID, "There is no callback of task " + taskId + " to go on after", "after");
                }
                return rows.getLong(1);
            }
        }
    }

    /** State by state, because the indexes are in order only within one. */
    private static List<Long> ids(Connection connection, CallbackFilter filter, long before, int limit)
            throws SQLException {
        boolean byState = filter.state().isPresent()
                || filter.owner().isPresent()
                || filter.queue().isPresent();
        List<CallbackState> states = filter.state().map(List::of).orElse(Arrays.asList(CallbackState.values()));
        String where =
                " WHERE id < ?" + filter.owner().map(owner -> " AND owner = ?").orElse("")
                        + filter.queue().map(queue -> " AND queue = ?").orElse("");
        String one = "(SELECT id FROM callback" + where + (byState ? " AND state = '%s'" : "")
                + " ORDER BY id DESC LIMIT ?)";
        List<String> parts = byState
                ? states.stream().map(state -> one.formatted(state.word())).toList()
                : List.of(one);
        try (PreparedStatement select = connection.prepareStatement(
                String.join(" UNION ALL ", parts) + (parts.size() > 1 ? " ORDER BY id DESC LIMIT " + limit : ""))) {
            int i = 1;
            for (int part = 0; part < parts.size(); part++) {
                select.setLong(i++, before);
                if (filter.owner().isPresent()) {
                    select.setString(i++, filter.owner().get());
                }
                if (filter.queue().isPresent()) {
                    select.setInt(i++, filter.queue().get());
                }
                select.setInt(i++, limit);
            }
            List<Long> ids = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
            return ids;
        }
    }

    private static String joined(List<Long> ids) {
        return ids.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static List<Callback> read(PreparedStatement select) throws SQLException {
        List<Callback> callbacks = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                CallbackState state = CallbackState.of(row.getString("state"));
                boolean due = state == CallbackState.PENDING && row.getLong("claimed_by") == 0;
                long delivered = row.getLong("delivered_at");
                callbacks.add(new Callback(
                        row.getLong("id"),
                        row.getString("task_id"),
                        row.getString("owner"),
                        row.getInt("queue"),
                        row.getString("url"),
                        row.getString("trace_id"),
                        state,
                        row.getInt("attempts"),
                        Instant.ofEpochMilli(row.getLong("created_at")),
                        due ? Optional.of(Instant.ofEpochMilli(row.getLong("next_at"))) : Optional.empty(),
                        Instant.ofEpochMilli(row.getLong("retry_until")),
                        delivered == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(delivered)),
                        row.getObject("last_status", Integer.class),
                        row.getString("last_error"),
                        row.getInt("size")));
            }
        }
        return callbacks;
    }

    /**
     * Makes a callback due now, whatever became of it, and begins a new round of attempts; one whose attempt is under way
     * stays as it is. Answers whether there is such a callback.
     */
    boolean replay(String taskId, Duration retryFor) {
        return database.transaction(connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement(AGAIN + "task_id = ? AND (state <> 'pending' OR claimed_by = 0)")) {
                update.setLong(1, retryFor.toMillis());
                update.setString(2, taskId);
                if (update.executeUpdate() > 0) {
                    return true;
                }
            }
            try (PreparedStatement select = connection.prepareStatement("SELECT 1 FROM callback WHERE task_id = ?")) {
                select.setString(1, taskId);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next();
                }
            }
        });
    }

    /**
     * The same for many, newest first, each once, a few hundred in a transaction.
     *
     * @param filter with a state other than pending
     * @return how many, at most {@code limit}
     */
    int replay(CallbackFilter filter, int limit, Duration retryFor) {
        long before = Long.MAX_VALUE;
        int replayed = 0;
        while (replayed < limit) {
            int most = Math.min(REPLAYED_TOGETHER, limit - replayed);
            long from = before;
            List<Long> ids = database.transaction(connection -> {
                List<Long> found = ids(connection, filter, from, most);
                if (!found.isEmpty()) {
                    again(connection, found, retryFor);
                }
                return found;
            });
            replayed += ids.size();
            if (ids.size() < most) {
                break;
            }
            before = ids.get(ids.size() - 1);
        }
        return replayed;
    }

    private static void again(Connection connection, List<Long> ids, Duration retryFor) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement(AGAIN + "state <> 'pending' AND id IN (" + joined(ids) + ")")) {
            update.setLong(1, retryFor.toMillis());
            update.executeUpdate();
        }
    }

    /** Those that are pending stay. */
    static void forget(Connection connection, List<String> taskIds) throws SQLException {
        delete(connection, taskIds, " AND state <> 'pending' FOR UPDATE SKIP LOCKED");
    }

    static void withdraw(Connection connection, List<String> taskIds) throws SQLException {
        delete(connection, taskIds, " FOR UPDATE");
    }

    private static void delete(Connection connection, List<String> taskIds, String which) throws SQLException {
        if (taskIds.isEmpty()) {
            return;
        }
        List<Long> ids = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT id FROM callback WHERE task_id IN ("
                + String.join(", ", Collections.nCopies(taskIds.size(), "?")) + ")" + which)) {
            for (int i = 0; i < taskIds.size(); i++) {
                select.setString(i + 1, taskIds.get(i));
            }
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
        }
        delete(connection, ids);
    }

    /** Takes the oldest of each queue and state by the index; a row among them that was replayed lately stays. */
    static int forgetOld(Connection connection, IntToLongFunction oldest, int most) throws SQLException {
        int removed = 0;
        for (Integer queue : queues(connection)) {
            long before = oldest.applyAsLong(queue);
            for (CallbackState state : List.of(CallbackState.DELIVERED, CallbackState.FAILED)) {
                if (removed < most) {
                    List<Long> ids = old(connection, queue, state, before, most - removed);
                    delete(connection, ids);
                    removed += ids.size();
                }
            }
        }
        return removed;
    }

    private static List<Integer> queues(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(QUEUES)) {
            List<Integer> queues = new ArrayList<>();
            while (rows.next()) {
                queues.add(rows.getInt(1));
            }
            return queues;
        }
    }

    private static List<Long> old(Connection connection, int queue, CallbackState state, long before, int most)
            throws SQLException {
        // next_at of one that is not pending: when its last attempt ended, to a minute or so
        try (PreparedStatement select = connection.prepareStatement("SELECT id FROM callback WHERE id IN ("
                + "SELECT id FROM (SELECT id FROM callback FORCE INDEX (callback_queue) WHERE queue = ? AND state = ?"
                + " ORDER BY id LIMIT ?) AS oldest) AND state <> 'pending' AND next_at < ? FOR UPDATE SKIP LOCKED")) {
            select.setInt(1, queue);
            select.setString(2, state.word());
            select.setInt(3, most);
            select.setLong(4, before);
            List<Long> ids = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
            return ids;
        }
    }

    private static void delete(Connection connection, List<Long> ids) throws SQLException {
        if (ids.isEmpty()) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM callback_attempt WHERE callback_id IN (" + joined(ids) + ")");
            statement.executeUpdate("DELETE FROM callback WHERE id IN (" + joined(ids) + ")");
        }
    }
}
