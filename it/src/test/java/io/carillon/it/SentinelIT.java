package io.carillon.it;

import io.carillon.stores.EmbeddedRedisSentinel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A server on a Redis master that sentinels replace by its replica under load. */
@Isolated
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SentinelIT {
    @TempDir
    Path directory;

    @Test
    void aKilledMasterOfSentinelsLosesNoOfflineTask() {
        try (EmbeddedRedisSentinel redis = EmbeddedRedisSentinel.start(directory.resolve("redis"));
                LossOfAMaster loss = LossOfAMaster.on(redis.url(), directory.resolve("carillon"))) {
            loss.during(1_000, 2, number -> redis.master());
        }
    }
}
