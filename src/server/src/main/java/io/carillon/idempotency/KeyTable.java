package io.carillon.idempotency;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The table of idempotency keys. All instants in it are written and compared by the database's clock. Many callers share a
 * transaction, and each of them may be repeated. Safe for many threads.
 */
class KeyTable {
    private static final String NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";

    /**
     * Somebody wants to put under a key.
     *
     * @param put whether the key shall count as used at once, before the task is there
     */
    record Reservation(IdempotencyKey key, String taskId, long holder, boolean put) {}

    /** What somebody gets. */
    enum Outcome {
        FIRST,
        AGAIN,
        REPEAT,
        /** Somebody else is about to put it. */
        WAIT,
        /** The key belongs to another request. */
        DIFFERENT
    }

    /** @param fresh whether the key was reserved less than a hold ago */
    record Reserved(Outcome outcome, String taskId, boolean fresh) {}

    /** What became of a put. */
    enum End {
        /** The task is there. */
        PUT,
        /** It was refused, so the key is free. */
        REFUSED,
        /** Nobody knows; the same request may find out at once, by putting the same task again. */
        UNKNOWN,
        /** The task is gone, so the key is free, whoever holds it. */
        GONE
    }

    record Settlement(IdempotencyKey key, String taskId, long holder, End end) {}

    private final Database database;
    private final Duration life;
    private final Duration hold;

    /**
     * @param life how long a key belongs to its task
     * @param hold after which another may do the put of somebody who has not come back
     */
    KeyTable(Database database, Duration life, Duration hold) {
        this.database = database;
        this.life = life;
        this.hold = hold;
    }

    List<Reserved> reserve(List<Reservation> reservations) {
        return database.transaction(connection -> {
            readCommitted(connection);
            Map<Reservation, Reserved> answers = new HashMap<>();
            // in one order everywhere, so that two instances cannot wait for each other
            for (Reservation one : reservations.stream()
                    .sorted(Comparator.comparing((Reservation r) -> r.key().owner())
                            .thenComparing(r -> r.key().text()))
                    .toList()) {
                insert(connection, one);
                answers.put(one, reserved(connection, one));
            }
            return reservations.stream().map(answers::get).toList();
        });
    }

    private static void readCommitted(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
        }
    }

    private void insert(Connection connection, Reservation one) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO idempotency_key (owner, name, body, task_id, put, holder, held_until, expires)"
                        + " VALUES (?, ?, ?, ?, ?, ?, " + NOW + " + " + hold.toMillis() + ", " + NOW + " + "
                        + life.toMillis() + ") ON DUPLICATE KEY UPDATE owner = VALUES(owner)")) {
            insert.setString(1, one.key().owner());
            insert.setString(2, one.key().text());
            insert.setBytes(3, one.key().request());
            insert.setString(4, one.taskId());
            insert.setBoolean(5, one.put());
            insert.setLong(6, one.holder());
            insert.executeUpdate();
        }
    }

    private Reserved reserved(Connection connection, Reservation one) throws SQLException {
        byte[] request;
        String taskId;
        boolean put;
        long holder;
        boolean held;
        boolean expired;
        try (PreparedStatement select = connection.prepareStatement("SELECT body, task_id, put, holder, held_until > "
                + NOW + ", expires <= " + NOW + " FROM idempotency_key WHERE owner = ? AND name = ? FOR UPDATE")) {
            select.setString(1, one.key().owner());
            select.setString(2, one.key().text());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                request = row.getBytes(1);
                taskId = row.getString(2);
                put = row.getBoolean(3);
                holder = row.getLong(4);
                held = row.getBoolean(5);
                expired = row.getBoolean(6);
            }
        }
        if (holder == one.holder()) {
            return new Reserved(taskId.equals(one.taskId()) ? Outcome.FIRST : Outcome.AGAIN, taskId, true);
        }
        boolean same = one.key().isOfSameRequest(request);
        if (!expired && (put || held)) {
            Outcome outcome = !same ? Outcome.DIFFERENT : put ? Outcome.REPEAT : Outcome.WAIT;
            return new Reserved(outcome, taskId, held);
        }
        // the same task only if it would be put into the same place now
        boolean again = !expired && same && place(taskId).equals(place(one.taskId()));
        takeOver(connection, one, again ? taskId : one.taskId());
        return new Reserved(again ? Outcome.AGAIN : Outcome.FIRST, again ? taskId : one.taskId(), true);
    }

    /** An id without what makes it unique: of a task its queue, level and mode are left, of a file or an upload its kind. */
    private static String place(String id) {
        if (!id.startsWith("TASK-")) {
            return id.split("[-_]", 2)[0];
        }
        String[] parts = id.split("-");
        return String.join("-", List.of(parts).subList(0, Math.min(4, parts.length)));
    }

    private void takeOver(Connection connection, Reservation one, String taskId) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE idempotency_key SET body = ?, task_id = ?, put = ?, holder = ?,"
                        + " held_until = " + NOW + " + " + hold.toMillis() + ", expires = " + NOW + " + "
                        + life.toMillis() + " WHERE owner = ? AND name = ?")) {
            update.setBytes(1, one.key().request());
            update.setString(2, taskId);
            update.setBoolean(3, one.put());
            update.setLong(4, one.holder());
            update.setString(5, one.key().owner());
            update.setString(6, one.key().text());
            update.executeUpdate();
        }
    }

    List<Boolean> settle(List<Settlement> settlements) {
        return database.transaction(connection -> {
            readCommitted(connection);
            for (Settlement one : settlements.stream()
                    .sorted(Comparator.comparing((Settlement s) -> s.key().owner())
                            .thenComparing(s -> s.key().text()))
                    .toList()) {
                settle(connection, one);
            }
            return settlements.stream().map(settled -> true).toList();
        });
    }

    private static void settle(Connection connection, Settlement one) throws SQLException {
        String of = " WHERE owner = ? AND name = ? AND task_id = ?";
        String sql =
                switch (one.end()) {
                    case PUT -> "UPDATE idempotency_key SET put = TRUE" + of + " AND holder = ?";
                    case REFUSED -> "DELETE FROM idempotency_key" + of + " AND holder = ?";
                    case UNKNOWN -> "UPDATE idempotency_key SET held_until = 0" + of + " AND holder = ? AND NOT put";
                    case GONE -> "DELETE FROM idempotency_key" + of;
                };
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, one.key().owner());
            statement.setString(2, one.key().text());
            statement.setString(3, one.taskId());
            if (one.end() != End.GONE) {
                statement.setLong(4, one.holder());
            }
            statement.executeUpdate();
        }
    }

    /**
     * Removes keys whose time is over.
     *
     * @return how many, at most {@code most}
     */
    static int deleteExpired(Connection connection, int most) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM idempotency_key WHERE expires <= " + NOW + " LIMIT ?")) {
            delete.setInt(1, most);
            return delete.executeUpdate();
        }
    }
}
