package io.carillon.file;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.quota.Quotas;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

@ApplicationScoped
class FileBeans {
    @Produces
    @Singleton
    LooseBlobs looseBlobs(Database database) {
        return new LooseBlobs(database);
    }

    @Produces
    @Singleton
    StoredBytes storedBytes(Quotas quotas) {
        return new QuotaOfBytes(quotas);
    }

    @Produces
    @Singleton
    Files files(Database database, BlobStore store, LooseBlobs loose, Configuration configuration, StoredBytes stored) {
        return new Files(
                database,
                store,
                loose,
                new FileLimits(
                        configuration.fileLimit(),
                        configuration.batchFileLimit(),
                        configuration.uploadLimit(),
                        configuration.uploadPartLimit()),
                stored);
    }

    @Produces
    @Singleton
    FileSweep sweep(Database database, BlobStore store, LooseBlobs loose, StoredBytes stored) {
        return new FileSweep(database, store, loose, stored);
    }

    void start(@Observes Startup event, FileSweep sweep, ManagedScheduledExecutorService scheduler) {
        sweep.start(scheduler);
    }

    void stop(@Observes Shutdown event, FileSweep sweep) {
        sweep.stop();
    }
}
