package io.carillon.platform.blob;

import io.carillon.platform.config.Configuration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Opens the store that the configuration names. */
@ApplicationScoped
class BlobBeans {
    @Produces
    @Singleton
    BlobStore store(Configuration configuration) {
        try {
            return new DirectoryStore(configuration.filesDirectory());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Files cannot be kept in " + configuration.filesDirectory() + "; see CARILLON_FILES_DIR", e);
        }
    }

    void close(@Disposes BlobStore store) {
        store.close();
    }
}
