package io.carillon.file;

import io.carillon.platform.blob.DirectoryStore;
import io.carillon.platform.database.Database;
import java.io.IOException;
import java.nio.file.Path;

/** Files without a container, in a directory. */
public final class FilesIn {
    private FilesIn() {}

    public static Files directory(Database database, Path directory) throws IOException {
        long most = 1L << 30;
        return new Files(
                database,
                new DirectoryStore(directory),
                new LooseBlobs(database),
                new FileLimits(most, most, most, most),
                StorageLimits.NONE);
    }
}
