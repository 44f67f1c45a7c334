package io.carillon.upload;

import io.carillon.file.Draft;
import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.LooseBlobs;
import io.carillon.file.NewFile;
import io.carillon.file.StoredBytes;
import io.carillon.file.StoredFile;
import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.blob.NoSuchBlob;
import io.carillon.platform.database.CommitUnknown;
import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Files that come in parts. A part is a blob of its own, in whatever order it comes; to complete the upload copies the parts
 * that the client names, in its order, into the blob of the file, piece by piece. The transaction that makes the file ends the
 * upload and gives up its parts, so of two completions one wins. Safe for many threads and many instances.
 */
public class Uploads {
    private static final Pattern ID = Pattern.compile("upload_[0-9a-f]{32}");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BUFFER = 64 * 1024;

    private final Database database;
    private final BlobStore store;
    private final Files files;
    private final StoredBytes stored;

    Uploads(Database database, BlobStore store, Files files, StoredBytes stored) {
        this.database = database;
        this.store = store;
        this.files = files;
        this.stored = stored;
    }

    /** A new id, which nobody can guess. */
    public static String newId() {
        return "upload_" + hex();
    }

    private static String hex() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /**
     * Begins an upload, which is open for an hour. More than once with the same id does no harm.
     *
     * @throws Refused {@link Reason#INVALID} when the key may not keep so many bytes, {@link Reason#UNAVAILABLE}
     */
    public Upload create(NewUpload upload) {
        return database.transaction(connection -> {
            if (UploadTable.find(connection, upload.id(), upload.owner(), true).isEmpty()) {
                UploadTable.put(connection, upload);
                stored.admit(connection, upload.owner(), upload.bytes());
            }
            return UploadTable.find(connection, upload.id(), upload.owner(), false)
                    .orElseThrow(() -> unknown(upload.id()));
        });
    }

    /** @throws Refused {@link Reason#UNKNOWN} when the owner has no such upload */
    public Upload get(String id, String owner) {
        return database.transaction(connection -> find(connection, id, owner, false));
    }

    /** As {@link #get}, for whoever is about to send something for it. */
    public Upload pending(String id, String owner) {
        return requirePending(get(id, owner));
    }

    private static Upload find(Connection connection, String id, String owner, boolean lock) throws SQLException {
        if (!ID.matcher(id).matches()) {
            throw unknown(id);
        }
        return UploadTable.find(connection, id, owner, lock).orElseThrow(() -> unknown(id));
    }

    private static Refused unknown(String id) {
        String shown = id.length() > 80 ? id.substring(0, 80) + "..." : id;
        return new Refused(Reason.UNKNOWN, "No such Upload object: " + shown.replaceAll("\\p{Cntrl}", "?"));
    }

    private static Upload requirePending(Upload upload) {
        if (upload.state() != UploadState.PENDING) {
            throw refused(
                    "invalid_upload_status",
                    null,
                    "Upload " + upload.what().id() + " is " + upload.state().text() + " and takes nothing any more.");
        }
        return upload;
    }

    private static Refused refused(String code, String parameter, String message) {
        return new Refused(Reason.INVALID, message, parameter, null, code);
    }

    /**
     * Adds a part; when this returns, it is durable.
     *
     * @param draft its bytes
     * @throws Refused {@link Reason#INVALID} when the upload is over by now, or its parts have far more bytes than announced;
     *     {@link Reason#UNAVAILABLE}
     */
    public Part add(String upload, String owner, Draft draft) {
        draft.seal();
        String id = "part_" + hex();
        try {
            return database.transaction(connection -> add(connection, upload, owner, draft, id));
        } catch (CommitUnknown unknown) {
            return database.transaction(connection -> add(connection, upload, owner, draft, id));
        }
    }

    private Part add(Connection connection, String upload, String owner, Draft draft, String id) throws SQLException {
        Upload found = requirePending(find(connection, upload, owner, true));
        Map<String, Part> parts = UploadTable.parts(connection, upload);
        if (parts.containsKey(id)) {
            return parts.get(id);
        }
        // a client may send a part again that it believes lost, but not fill the store with parts
        long most = 2 * found.what().bytes() + files.limits().part();
        if (parts.values().stream().mapToLong(Part::bytes).sum() + draft.bytes() > most) {
            throw refused(
                    "upload_size_mismatch",
                    "bytes",
                    "The parts of upload " + upload + " have far more than the "
                            + found.what().bytes() + " bytes that were announced.");
        }
        String blob = draft.offered();
        if (!LooseBlobs.take(connection, blob)) {
            throw LooseBlobs.tooLate();
        }
        UploadTable.putPart(connection, id, upload, draft.bytes(), blob);
        return UploadTable.parts(connection, upload).get(id);
    }

    /** An upload that is over, and the file that it became. */
    public record Completed(Upload upload, StoredFile file) {}

    /**
     * Makes a file of parts, in the order given; others are dropped.
     *
     * @param md5 of all bytes, in hexadecimal digits, when the client wants it checked
     * @throws Refused {@link Reason#INVALID} when the upload is over, when a part is unknown or named twice, when the bytes are
     *     not as many as announced or not those of the checksum, or not of the purpose's form; {@link Reason#UNAVAILABLE}
     */
    public Completed complete(String id, String owner, List<String> partIds, Optional<String> md5) {
        Upload upload = pending(id, owner);
        List<Part> parts = chosen(database.transaction(connection -> UploadTable.parts(connection, id)), partIds);
        long bytes = parts.stream().mapToLong(Part::bytes).sum();
        if (bytes != upload.what().bytes()) {
            throw refused(
                    "upload_size_mismatch",
                    "bytes",
                    "The parts have " + bytes + " bytes together, but the upload was to have "
                            + upload.what().bytes() + ".");
        }
        FileId file = FileId.random();
        try (Draft draft = files.draft()) {
            String actual = copy(parts, draft);
            if (draft.bytes() != bytes) {
                throw new EOFException("The store has " + draft.bytes() + " of " + bytes + " bytes of upload " + id);
            }
            if (md5.isPresent() && !md5.get().strip().equalsIgnoreCase(actual)) {
                throw refused("invalid_checksum", "md5", "The MD5 checksum of the parts is not the given 'md5'.");
            }
            draft.seal();
            files.requireForm(upload.what().purpose(), draft);
            StoredFile kept = finish(upload, draft, file);
            return new Completed(get(id, owner), kept);
        } catch (NoSuchBlob gone) {
            // somebody else has ended the upload meanwhile
            pending(id, owner);
            throw new Refused(Reason.UNAVAILABLE, "A part of upload " + id + " cannot be read; try again");
        } catch (IOException failure) {
            throw new Refused(Reason.UNAVAILABLE, "The file store cannot do this now; try again");
        }
    }

    private static List<Part> chosen(Map<String, Part> all, List<String> ids) {
        if (ids.isEmpty()) {
            throw refused("invalid_value", "part_ids", "Invalid 'part_ids': it must name at least one part.");
        }
        if (new HashSet<>(ids).size() < ids.size()) {
            throw refused("invalid_value", "part_ids", "Invalid 'part_ids': a part is named more than once.");
        }
        if (!all.keySet().containsAll(ids)) {
            throw refused(
                    "invalid_value", "part_ids", "Invalid 'part_ids': this upload does not have all these parts.");
        }
        return ids.stream().map(all::get).toList();
    }

    /** Returns the MD5 of what it copies. */
    private String copy(List<Part> parts, Draft draft) throws IOException {
        MessageDigest digest = md5();
        byte[] buffer = new byte[BUFFER];
        for (Part part : parts) {
            try (InputStream in = store.read(part.blob(), 0)) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    digest.update(buffer, 0, read);
                    draft.write(buffer, 0, read);
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java has MD5", impossible);
        }
    }

    private StoredFile finish(Upload upload, Draft draft, FileId file) {
        try {
            return database.transaction(connection -> finish(connection, upload, draft, file));
        } catch (CommitUnknown unknown) {
            return database.transaction(connection -> finish(connection, upload, draft, file));
        }
    }

    private StoredFile finish(Connection connection, Upload upload, Draft draft, FileId file) throws SQLException {
        NewUpload what = upload.what();
        if (!UploadTable.lockPending(connection, what.id())) {
            return files.find(connection, file, what.owner())
                    .orElseThrow(() -> refused(
                            "invalid_upload_status", null, "Upload " + what.id() + " was ended by somebody else."));
        }
        stored.add(connection, what.owner(), -what.bytes());
        StoredFile kept = files.keep(
                connection, draft, new NewFile(file, what.owner(), what.purpose(), what.name(), what.life()));
        LooseBlobs.drop(connection, UploadTable.removeParts(connection, what.id()));
        UploadTable.end(connection, what.id(), UploadState.COMPLETED, file);
        return kept;
    }

    /**
     * Gives an upload up, with its parts; one that was cancelled before stays as it is.
     *
     * @throws Refused {@link Reason#INVALID} when it is completed or expired, {@link Reason#UNKNOWN}, {@link
     *     Reason#UNAVAILABLE}
     */
    public Upload cancel(String id, String owner) {
        return database.transaction(connection -> {
            Upload upload = find(connection, id, owner, true);
            if (upload.state() == UploadState.CANCELLED) {
                return upload;
            }
            requirePending(upload);
            giveUp(connection, upload.what(), UploadState.CANCELLED);
            return find(connection, id, owner, false);
        });
    }

    private void giveUp(Connection connection, NewUpload upload, UploadState state) throws SQLException {
        LooseBlobs.drop(connection, UploadTable.removeParts(connection, upload.id()));
        UploadTable.end(connection, upload.id(), state, null);
        stored.add(connection, upload.owner(), -upload.bytes());
    }

    /** Ends uploads whose time is over, and forgets those that ended long ago; false when there is nothing left to do. */
    boolean sweep(int most) {
        return database.transaction(connection -> {
            List<NewUpload> expired = UploadTable.lockExpired(connection, most);
            for (NewUpload upload : expired) {
                giveUp(connection, upload, UploadState.EXPIRED);
            }
            return UploadTable.removeOld(connection, most) == most || expired.size() == most;
        });
    }
}
