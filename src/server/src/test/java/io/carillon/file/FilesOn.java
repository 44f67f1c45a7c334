package io.carillon.file;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.database.Database;

/** Files for tests, on stores of their own, with OpenAI's limits. */
public final class FilesOn {
    private FilesOn() {}

    /** Nobody counts their bytes. */
    public static Files stores(Database database, BlobStore store) {
        return stores(database, store, new LooseBlobs(database), new CountedBytes(Long.MAX_VALUE));
    }

    public static Files stores(Database database, BlobStore store, StoredBytes stored) {
        return stores(database, store, new LooseBlobs(database), stored);
    }

    /** Nobody counts their bytes, but each may have only so many. */
    public static Files stores(Database database, BlobStore store, FileLimits limits) {
        return new Files(database, store, new LooseBlobs(database), limits, new CountedBytes(Long.MAX_VALUE));
    }

    static Files stores(Database database, BlobStore store, LooseBlobs loose, StoredBytes stored) {
        return new Files(database, store, loose, new FileLimits(512L << 20, 200L << 20, 8L << 30, 64L << 20), stored);
    }

    /** What removes what is over. */
    public static FileSweep sweep(Database database, BlobStore store) {
        return new FileSweep(database, store, new LooseBlobs(database), new CountedBytes(Long.MAX_VALUE));
    }
}
