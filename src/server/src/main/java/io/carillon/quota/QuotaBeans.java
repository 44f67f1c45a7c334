package io.carillon.quota;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.redis.Scripts;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Map;

/** Builds the quotas. */
@ApplicationScoped
class QuotaBeans {
    /** The admin key of the configuration. */
    private static final String ADMIN = "ck_admin";

    @Produces
    @Singleton
    Quotas quotas(Scripts scripts, Database database, Configuration configuration) {
        Limits usual = new Limits(Map.of(
                Quota.QUEUED_REQUESTS, configuration.quotaQueuedRequests(),
                Quota.LIVE_BATCHES, configuration.quotaLiveBatches(),
                Quota.STORED_BYTES, configuration.quotaStoredBytes(),
                Quota.REQUESTS_PER_MINUTE, configuration.quotaRequestsPerMinute()));
        return new Quotas(scripts, database, usual, ADMIN, System::nanoTime);
    }
}
