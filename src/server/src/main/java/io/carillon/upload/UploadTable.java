package io.carillon.upload;

import io.carillon.file.FileId;
import io.carillon.file.Purpose;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tables of uploads, in the transactions of others. All instants in them are of the database's clock. */
final class UploadTable {
    private static final String NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";
    private static final String WHAT = "id, owner, purpose, name, mime_type, bytes, life";
    private static final Duration OPEN = Duration.ofHours(1);
    /** So long a completion that began in time may take. */
    private static final Duration GRACE = Duration.ofMinutes(15);
    /** So long one can still ask what became of an upload. */
    private static final Duration MEMORY = Duration.ofDays(1);

    private UploadTable() {}

    /** Puts a new upload. */
    static void put(Connection connection, NewUpload upload) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO upload (id, owner, purpose, name, mime_type, bytes, life, created, expires, state)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, " + NOW + ", (" + NOW + ") DIV 1000 * 1000 + "
                        + OPEN.toMillis() + ", 'pending')")) {
            insert.setString(1, upload.id());
            insert.setString(2, upload.owner());
            insert.setString(3, upload.purpose().text());
            insert.setString(4, upload.name());
            insert.setString(5, upload.mimeType());
            insert.setLong(6, upload.bytes());
            if (upload.life().isPresent()) {
                insert.setLong(7, upload.life().get().toSeconds());
            } else {
                insert.setNull(7, Types.BIGINT);
            }
            insert.executeUpdate();
        }
    }

    static Optional<Upload> find(Connection connection, String id, String owner, boolean lock) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT " + WHAT + ", created, expires, file, IF(state = 'pending' AND expires <= " + NOW
                        + ", 'expired', state) FROM upload WHERE id = ? AND owner = ?" + (lock ? " FOR UPDATE" : ""))) {
            select.setString(1, id);
            select.setString(2, owner);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                return Optional.of(new Upload(
                        what(row),
                        Instant.ofEpochMilli(row.getLong(8)),
                        Instant.ofEpochMilli(row.getLong(9)),
                        UploadState.of(row.getString(11)),
                        Optional.ofNullable(row.getString(10)).map(FileId::new)));
            }
        }
    }

    private static NewUpload what(ResultSet row) throws SQLException {
        return new NewUpload(
                row.getString(1),
                row.getString(2),
                Purpose.of(row.getString(3)).orElseThrow(),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                Optional.ofNullable(row.getObject(7, Long.class)).map(Duration::ofSeconds));
    }

    /** Whether an upload that was pending a while ago still is, whatever the time; its row stays locked. */
    static boolean lockPending(Connection connection, String id) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT state FROM upload WHERE id = ? FOR UPDATE")) {
            select.setString(1, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next() && row.getString(1).equals(UploadState.PENDING.text());
            }
        }
    }

    static void end(Connection connection, String id, UploadState state, FileId file) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE upload SET state = ?, file = ? WHERE id = ?")) {
            update.setString(1, state.text());
            update.setString(2, file == null ? null : file.text());
            update.setString(3, id);
            update.executeUpdate();
        }
    }

    static void putPart(Connection connection, String id, String upload, long bytes, String blob) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO upload_part (id, upload, bytes, blob_id, created) VALUES (?, ?, ?, ?, " + NOW + ")")) {
            insert.setString(1, id);
            insert.setString(2, upload);
            insert.setLong(3, bytes);
            insert.setString(4, blob);
            insert.executeUpdate();
        }
    }

    /** All parts of an upload, by their ids. */
    static Map<String, Part> parts(Connection connection, String upload) throws SQLException {
        Map<String, Part> parts = new LinkedHashMap<>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id, bytes, blob_id, created FROM upload_part WHERE upload = ?")) {
            select.setString(1, upload);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    parts.put(
                            row.getString(1),
                            new Part(
                                    row.getString(1),
                                    upload,
                                    row.getLong(2),
                                    row.getString(3),
                                    Instant.ofEpochMilli(row.getLong(4))));
                }
            }
        }
        return parts;
    }

    /** Removes the parts of an upload; returns their blobs. */
    static List<String> removeParts(Connection connection, String upload) throws SQLException {
        List<String> blobs =
                parts(connection, upload).values().stream().map(Part::blob).toList();
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM upload_part WHERE upload = ?")) {
            delete.setString(1, upload);
            delete.executeUpdate();
        }
        return blobs;
    }

    /** Uploads whose time is over and which nobody can be completing any more; their rows stay locked. */
    static List<NewUpload> lockExpired(Connection connection, int most) throws SQLException {
        List<NewUpload> expired = new ArrayList<>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT " + WHAT + " FROM upload WHERE state = 'pending' AND expires <= "
                        + NOW + " - " + GRACE.toMillis() + " LIMIT ? FOR UPDATE SKIP LOCKED")) {
            select.setInt(1, most);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    expired.add(what(row));
                }
            }
        }
        return expired;
    }

    static int removeOld(Connection connection, int most) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM upload WHERE state IN ('completed',"
                + " 'cancelled', 'expired') AND expires <= " + NOW + " - " + MEMORY.toMillis() + " LIMIT ?")) {
            delete.setInt(1, most);
            return delete.executeUpdate();
        }
    }
}
