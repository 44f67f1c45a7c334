package io.carillon.file;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.blob.NoSuchBlob;
import io.carillon.platform.database.CommitUnknown;
import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The files that clients upload and batches write. A file is a row in the database and a blob in the store. Its bytes are
 * written first, as a {@link Draft} that nobody sees; the transaction that adds the row makes it a file:
 *
 * <pre>{@code
 * try (Draft draft = files.draft()) {
 *     draft.write(bytes);
 *     return files.keep(draft, new NewFile(FileId.random(), owner, Purpose.USER_DATA, "notes.txt", Optional.empty()));
 * }
 * }</pre>
 *
 * Whoever may run again after a crash chooses the id beforehand: to keep another draft under the same id replaces the bytes,
 * and the file has its first time of creation. A deleted or expired file is hidden at once; its bytes go a little later, when
 * nobody holds it. Safe for many threads and many instances.
 */
public class Files {
    private final Database database;
    private final BlobStore store;
    private final LooseBlobs loose;
    private final FileLimits limits;
    private final StoredBytes stored;

    Files(Database database, BlobStore store, LooseBlobs loose, FileLimits limits, StoredBytes stored) {
        this.database = database;
        this.store = store;
        this.loose = loose;
        this.limits = limits;
        this.stored = stored;
    }

    /** How large what clients upload may be. */
    public FileLimits limits() {
        return limits;
    }

    /**
     * Begins a file. Always close it, kept or not.
     *
     * @throws Refused {@link Reason#UNAVAILABLE}
     */
    public Draft draft() {
        return new Draft(store, loose);
    }

    /**
     * Makes a draft a file; when this returns, both its bytes and its row are durable.
     *
     * @throws Refused {@link NotJsonLines}, {@link Reason#INVALID} when the key may not keep so many bytes; {@link Reason#CONFLICT} when a file of that id was deleted;
     *     {@link Reason#UNAVAILABLE}, after which the file may be there all the same
     */
    public StoredFile keep(Draft draft, NewFile file) {
        draft.seal();
        requireForm(file.purpose(), draft);
        try {
            return database.transaction(connection -> keep(connection, draft, file));
        } catch (CommitUnknown unknown) {
            return database.transaction(connection -> keep(connection, draft, file));
        }
    }

    /**
     * Makes a sealed draft a file in the caller's transaction, which may be repeated from its beginning.
     *
     * @throws IllegalStateException when the draft is not sealed
     * @throws Refused as {@link #keep(Draft, NewFile)}
     */
    public StoredFile keep(Connection connection, Draft draft, NewFile file) throws SQLException {
        String blob = draft.offered();
        if (!LooseBlobs.take(connection, blob)) {
            return FileTable.find(connection, file.id(), false)
                    .filter(kept -> kept.blob().equals(blob))
                    .orElseThrow(LooseBlobs::tooLate);
        }
        FileTable.Before before = FileTable.put(connection, file, blob, draft.bytes(), draft.digested());
        if (before.blob() != null) {
            LooseBlobs.drop(connection, List.of(before.blob()));
        }
        long more = draft.bytes() - before.bytes();
        if (file.purpose().isUploaded() && more > 0) {
            stored.admit(connection, file.owner(), more);
        } else {
            stored.add(connection, file.owner(), more);
        }
        return FileTable.find(connection, file.id(), false).orElseThrow();
    }

    /**
     * Looks whether the bytes of a sealed draft can be what they are for.
     *
     * @throws Refused {@link NotJsonLines}
     */
    public void requireForm(Purpose purpose, Draft draft) {
        if (purpose != Purpose.BATCH) {
            return;
        }
        try (InputStream bytes = draft.read()) {
            if (!JsonLines.begin(bytes)) {
                throw new NotJsonLines();
            }
        } catch (IOException failure) {
            throw Draft.unavailable(failure);
        }
    }

    /** A file of that owner; empty when there is none, or when it was deleted or has expired. */
    public Optional<StoredFile> find(FileId id, String owner) {
        return database.transaction(connection -> find(connection, id, owner));
    }

    /** As {@link #find(FileId, String)}, in the caller's transaction. */
    public Optional<StoredFile> find(Connection connection, FileId id, String owner) throws SQLException {
        return FileTable.find(connection, id, false).filter(file -> file.owner().equals(owner));
    }

    /**
     * Files of an owner in the order of their creation.
     *
     * @param purpose empty for any
     * @param after the file after which to begin
     * @param most how many at most, 1 or more
     * @throws Refused {@link Reason#INVALID} when there is no file {@code after}
     */
    public List<StoredFile> list(
            String owner, Optional<Purpose> purpose, boolean ascending, Optional<FileId> after, int most) {
        return database.transaction(connection -> {
            OptionalLong number = OptionalLong.empty();
            if (after.isPresent()) {
                number = FileTable.number(connection, after.get(), owner);
                if (number.isEmpty()) {
                    throw noneAfter(after.get());
                }
            }
            return FileTable.list(connection, owner, purpose, ascending, number, most);
        });
    }

    private static Refused noneAfter(FileId id) {
        return new Refused(
                Reason.INVALID, "There is no file '" + id + "' to go on after", "after", null, "invalid_value");
    }

    /**
     * The bytes of a file. The caller closes the stream.
     *
     * @param from the first byte, 0 to the file's length
     * @throws Refused {@link Reason#UNKNOWN} when they are gone, {@link Reason#UNAVAILABLE}
     */
    public InputStream open(StoredFile file, long from) {
        if (from < 0 || from > file.bytes()) {
            throw new IllegalArgumentException("Not within the file: " + from);
        }
        if (from == file.bytes()) {
            return InputStream.nullInputStream();
        }
        try {
            return store.read(file.blob(), from);
        } catch (NoSuchBlob gone) {
            throw new Refused(Reason.UNKNOWN, "The bytes of file " + file.id() + " are gone", "id");
        } catch (IOException | RuntimeException failure) {
            throw Draft.unavailable(failure);
        }
    }

    /** Deletes a file of that owner; false when there is none. */
    public boolean delete(FileId id, String owner) {
        return database.transaction(connection -> {
            Optional<StoredFile> hidden = FileTable.hide(connection, id, owner);
            if (hidden.isPresent()) {
                stored.add(connection, owner, -hidden.get().bytes());
            }
            return hidden.isPresent();
        });
    }

    /**
     * Keeps the bytes of a file readable until {@link #release}, even when it is deleted or expires meanwhile.
     *
     * @param holder who needs it, at most 64 characters; more than once does no harm
     * @return empty when the owner has no such file by now
     */
    public Optional<StoredFile> hold(Connection connection, FileId id, String owner, String holder)
            throws SQLException {
        Optional<StoredFile> found =
                FileTable.find(connection, id, true).filter(file -> file.owner().equals(owner));
        if (found.isPresent()) {
            FileTable.hold(connection, id, holder);
        }
        return found;
    }

    /** A file that the holder holds, deleted or not. */
    public Optional<StoredFile> held(FileId id, String holder) {
        return database.transaction(connection -> FileTable.held(connection, id, holder));
    }

    /** The holder needs the file no more. More than once does no harm. */
    public void release(Connection connection, FileId id, String holder) throws SQLException {
        FileTable.release(connection, id, holder);
    }
}
