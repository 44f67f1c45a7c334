package io.carillon.file;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.database.Database;

/** Files for tests, on stores of their own. */
public final class FilesOn {
    private FilesOn() {}

    /** With OpenAI's limits and no quota. */
    public static Files stores(Database database, BlobStore store) {
        return stores(database, store, new LooseBlobs(database), StorageLimits.NONE);
    }

    static Files stores(Database database, BlobStore store, LooseBlobs loose, StorageLimits storage) {
        return new Files(database, store, loose, new FileLimits(512L << 20, 200L << 20, 8L << 30, 64L << 20), storage);
    }

    /** What removes what is over. */
    public static FileSweep sweep(Database database, BlobStore store) {
        return new FileSweep(database, store, new LooseBlobs(database));
    }
}
