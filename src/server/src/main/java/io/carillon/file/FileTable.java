package io.carillon.file;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The tables of files, in the transactions of others. All instants in them are of the database's clock. */
final class FileTable {
    private static final String NOW = LooseBlobs.NOW;
    private static final String COLUMNS =
            "SELECT id, owner, purpose, name, bytes, sha256, blob_id, created, expires FROM stored_file";
    private static final String VISIBLE = " AND gone = 0 AND (expires IS NULL OR expires > " + NOW + ")";

    private FileTable() {}

    /**
     * What a file was before it was put.
     *
     * @param blob the one that it had and has no more; null when the file is new
     * @param bytes how many it had
     */
    record Before(String blob, long bytes) {}

    /**
     * Puts the row of a file, or gives one that is there new bytes.
     *
     * @throws Refused {@link Reason#CONFLICT} when the id belongs to somebody else's file or to one that was deleted
     */
    static Before put(Connection connection, NewFile file, String blob, long bytes, byte[] sha256) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO stored_file (id, owner, purpose, name, bytes, sha256, blob_id, created, expires)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, " + NOW + ", (" + NOW + ") DIV 1000 * 1000 + ?)"
                        + " ON DUPLICATE KEY UPDATE id = VALUES(id)")) {
            insert.setString(1, file.id().text());
            insert.setString(2, file.owner());
            insert.setString(3, file.purpose().text());
            insert.setString(4, file.name());
            insert.setLong(5, bytes);
            insert.setBytes(6, sha256);
            insert.setString(7, blob);
            if (file.life().isPresent()) {
                insert.setLong(8, file.life().map(Duration::toMillis).get());
            } else {
                insert.setNull(8, Types.BIGINT);
            }
            insert.executeUpdate();
        }
        String before;
        long bytesBefore;
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT owner, gone, blob_id, bytes FROM stored_file WHERE id = ? FOR UPDATE")) {
            select.setString(1, file.id().text());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                if (!row.getString(1).equals(file.owner()) || row.getBoolean(2)) {
                    throw new Refused(Reason.CONFLICT, "File " + file.id() + " was deleted");
                }
                before = row.getString(3);
                bytesBefore = row.getLong(4);
            }
        }
        if (before.equals(blob)) {
            return new Before(null, 0);
        }
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE stored_file SET bytes = ?, sha256 = ?, blob_id = ? WHERE id = ?")) {
            update.setLong(1, bytes);
            update.setBytes(2, sha256);
            update.setString(3, blob);
            update.setString(4, file.id().text());
            update.executeUpdate();
        }
        return new Before(before, bytesBefore);
    }

    /** A file that anybody may see; its row stays locked when {@code lock}. */
    static Optional<StoredFile> find(Connection connection, FileId id, boolean lock) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement(COLUMNS + " WHERE id = ?" + VISIBLE + (lock ? " FOR UPDATE" : ""))) {
            select.setString(1, id.text());
            return read(select).stream().findFirst();
        }
    }

    /** A file that is there, deleted or not, when somebody holds it. */
    static Optional<StoredFile> held(Connection connection, FileId id, String holder) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                COLUMNS + " WHERE id = ? AND EXISTS (SELECT 1 FROM file_hold WHERE file = id AND holder = ?)")) {
            select.setString(1, id.text());
            select.setString(2, holder);
            return read(select).stream().findFirst();
        }
    }

    /** The place of a file among all, also of one that was deleted but is not gone yet. */
    static OptionalLong number(Connection connection, FileId id, String owner) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT number FROM stored_file WHERE id = ? AND owner = ?")) {
            select.setString(1, id.text());
            select.setString(2, owner);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
            }
        }
    }

    static List<StoredFile> list(
            Connection connection,
            String owner,
            Optional<Purpose> purpose,
            boolean ascending,
            OptionalLong after,
            int most)
            throws SQLException {
        String sql = COLUMNS + " WHERE owner = ?" + VISIBLE + (purpose.isPresent() ? " AND purpose = ?" : "")
                + (after.isPresent() ? " AND number " + (ascending ? ">" : "<") + " ?" : "") + " ORDER BY number "
                + (ascending ? "ASC" : "DESC") + " LIMIT ?";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            int at = 1;
            select.setString(at++, owner);
            if (purpose.isPresent()) {
                select.setString(at++, purpose.get().text());
            }
            if (after.isPresent()) {
                select.setLong(at++, after.getAsLong());
            }
            select.setInt(at, most);
            return read(select);
        }
    }

    private static List<StoredFile> read(PreparedStatement select) throws SQLException {
        List<StoredFile> files = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                Long expires = row.getObject(9, Long.class);
                files.add(new StoredFile(
                        new FileId(row.getString(1)),
                        row.getString(2),
                        Purpose.of(row.getString(3)).orElseThrow(),
                        row.getString(4),
                        row.getLong(5),
                        HexFormat.of().formatHex(row.getBytes(6)),
                        row.getString(7),
                        Instant.ofEpochMilli(row.getLong(8)),
                        Optional.ofNullable(expires).map(Instant::ofEpochMilli)));
            }
        }
        return files;
    }

    /** Hides a file from everybody; its row stays until nobody holds it. Returns what it was, when it was there. */
    static Optional<StoredFile> hide(Connection connection, FileId id, String owner) throws SQLException {
        Optional<StoredFile> found =
                find(connection, id, true).filter(file -> file.owner().equals(owner));
        if (found.isPresent()) {
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE stored_file SET gone = 1 WHERE id = ?")) {
                update.setString(1, id.text());
                update.executeUpdate();
            }
        }
        return found;
    }

    /**
     * Hides files whose time is over, {@code most} of them.
     *
     * @param bytes gets how many bytes of each owner were hidden
     * @return how many files
     */
    static int hideExpired(Connection connection, int most, Map<String, Long> bytes) throws SQLException {
        List<String> numbers = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT number, owner, bytes FROM stored_file WHERE gone = 0 AND expires <= " + NOW
                        + " LIMIT ? FOR UPDATE SKIP LOCKED")) {
            select.setInt(1, most);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    numbers.add(row.getString(1));
                    bytes.merge(row.getString(2), row.getLong(3), Long::sum);
                }
            }
        }
        if (!numbers.isEmpty()) {
            try (PreparedStatement update = connection.prepareStatement(
                    "UPDATE stored_file SET gone = 1 WHERE number IN (" + LooseBlobs.marks(numbers) + ")")) {
                LooseBlobs.set(update, numbers);
                update.executeUpdate();
            }
        }
        return numbers.size();
    }

    /** Removes the rows of hidden files that nobody holds, {@code most} of them; returns their blobs. */
    static List<String> removeHidden(Connection connection, int most) throws SQLException {
        List<String> numbers = new ArrayList<>();
        List<String> blobs = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT number, blob_id FROM stored_file"
                + " WHERE gone = 1 AND NOT EXISTS (SELECT 1 FROM file_hold WHERE file = id)"
                + " LIMIT ? FOR UPDATE SKIP LOCKED")) {
            select.setInt(1, most);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    numbers.add(row.getString(1));
                    blobs.add(row.getString(2));
                }
            }
        }
        if (!numbers.isEmpty()) {
            try (PreparedStatement delete = connection.prepareStatement(
                    "DELETE FROM stored_file WHERE number IN (" + LooseBlobs.marks(numbers) + ")")) {
                LooseBlobs.set(delete, numbers);
                delete.executeUpdate();
            }
        }
        return blobs;
    }

    static void hold(Connection connection, FileId id, String holder) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO file_hold (file, holder) VALUES (?, ?) ON DUPLICATE KEY UPDATE file = VALUES(file)")) {
            insert.setString(1, id.text());
            insert.setString(2, holder);
            insert.executeUpdate();
        }
    }

    static void release(Connection connection, FileId id, String holder) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM file_hold WHERE file = ? AND holder = ?")) {
            delete.setString(1, id.text());
            delete.setString(2, holder);
            delete.executeUpdate();
        }
    }
}
