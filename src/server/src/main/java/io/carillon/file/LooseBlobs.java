package io.carillon.file;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The blobs that belong to nothing: those being written, and those to be removed. A blob is in the table before its first
 * byte is written, and leaves it in the transaction in which something begins to own it, or after it was removed. So
 * whatever dies in between, the sweep finds it. Safe for many threads.
 */
public class LooseBlobs {
    static final String NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";
    /** Whoever writes says three times in that time that it lives. */
    private static final Duration SILENCE = Duration.ofMinutes(2);

    private static final Duration NEXT_TRY = Duration.ofMinutes(1);

    private final Database database;
    private final SecureRandom random = new SecureRandom();
    private final Set<String> written = ConcurrentHashMap.newKeySet();

    LooseBlobs(Database database) {
        this.database = database;
    }

    /** The id of a new blob, which is written from now on until {@link #letGo}. */
    String begin() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        database.transaction(connection -> {
            add(connection, List.of(id), SILENCE);
            return null;
        });
        written.add(id);
        return id;
    }

    /** Says that what this instance writes is still being written. */
    void renew() {
        List<String> ids = List.copyOf(written);
        if (ids.isEmpty()) {
            return;
        }
        database.transaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE loose_blob SET due = " + NOW + " + "
                    + SILENCE.toMillis() + " WHERE removing = 0 AND id IN (" + marks(ids) + ")")) {
                set(update, ids);
                return update.executeUpdate();
            }
        });
    }

    /** Nobody writes the blob any more; unless something owns it by then, it goes in a while. */
    void letGo(String id) {
        written.remove(id);
    }

    /** The blob is removed from the store already. */
    void forget(String id) {
        forget(List.of(id));
        written.remove(id);
    }

    /**
     * Lets somebody own a blob, in the transaction that says who.
     *
     * @return false when it is too late: it is being removed, or was
     */
    public static boolean take(Connection connection, String id) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM loose_blob WHERE id = ? AND removing = 0")) {
            delete.setString(1, id);
            return delete.executeUpdate() == 1;
        }
    }

    /** What its writer is told whose blob was removed because it said nothing for too long. */
    public static Refused tooLate() {
        return new Refused(Reason.UNAVAILABLE, "The file took too long to store; try again");
    }

    /** Has blobs removed that nothing owns any more, in the transaction that says so. */
    public static void drop(Connection connection, Collection<String> ids) throws SQLException {
        add(connection, ids, Duration.ZERO);
    }

    private static void add(Connection connection, Collection<String> ids, Duration rest) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO loose_blob (id, due) VALUES (?, " + NOW + " + " + rest.toMillis() + ")")) {
            for (String id : ids) {
                insert.setString(1, id);
                insert.addBatch();
            }
            if (!ids.isEmpty()) {
                insert.executeBatch();
            }
        }
    }

    /** Blobs that may be removed now; nobody else gets them for a minute, and nobody can begin to own them. */
    List<String> claim(int most) {
        return database.transaction(connection -> {
            List<String> ids = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT id FROM loose_blob WHERE due <= " + NOW + " ORDER BY due LIMIT ? FOR UPDATE SKIP LOCKED")) {
                select.setInt(1, most);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        ids.add(rows.getString(1));
                    }
                }
            }
            if (!ids.isEmpty()) {
                try (PreparedStatement update = connection.prepareStatement("UPDATE loose_blob SET removing = 1, due = "
                        + NOW + " + " + NEXT_TRY.toMillis() + " WHERE id IN (" + marks(ids) + ")")) {
                    set(update, ids);
                    update.executeUpdate();
                }
            }
            return ids;
        });
    }

    /** These are removed from the store. */
    void forget(List<String> ids) {
        if (ids.isEmpty()) {
            return;
        }
        database.transaction(connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM loose_blob WHERE id IN (" + marks(ids) + ")")) {
                set(delete, ids);
                return delete.executeUpdate();
            }
        });
    }

    static String marks(Collection<?> values) {
        return String.join(", ", Collections.nCopies(values.size(), "?"));
    }

    static void set(PreparedStatement statement, List<String> ids) throws SQLException {
        for (int i = 0; i < ids.size(); i++) {
            statement.setString(i + 1, ids.get(i));
        }
    }
}
