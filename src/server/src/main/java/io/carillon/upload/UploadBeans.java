package io.carillon.upload;

import io.carillon.file.Files;
import io.carillon.file.StoredBytes;
import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.concurrent.Ticks;
import io.carillon.platform.database.Database;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Makes uploads injectable, and ends those whose time is over. */
@ApplicationScoped
class UploadBeans {
    private static final Duration PERIOD = Duration.ofSeconds(30);
    private static final int PORTION = 100;

    private Ticks sweeps;

    @Produces
    @Singleton
    Uploads uploads(Database database, BlobStore store, Files files, StoredBytes stored) {
        return new Uploads(database, store, files, stored);
    }

    void start(@Observes Startup event, Uploads uploads, ManagedScheduledExecutorService scheduler) {
        sweeps = Ticks.start(scheduler, "The sweep of uploads", PERIOD, PERIOD, () -> {
            while (uploads.sweep(PORTION)) {
                // goes on
            }
        });
    }

    void stop(@Observes Shutdown event) {
        sweeps.stop();
    }
}
