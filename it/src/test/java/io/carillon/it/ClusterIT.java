package io.carillon.it;

import io.carillon.stores.EmbeddedRedisCluster;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A server on a Redis Cluster that loses a master under load. */
@Isolated
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ClusterIT {
    @TempDir
    Path directory;

    @Test
    void aKilledMasterOfTheClusterLosesNoOfflineTask() {
        try (EmbeddedRedisCluster cluster = EmbeddedRedisCluster.start(directory.resolve("redis"));
                LossOfAMaster loss = LossOfAMaster.on(cluster.url(), directory.resolve("carillon"))) {
            // Tasks of several queues, so that some are on masters that live on.
            loss.during(1_000, 3, number -> cluster.masterOf("carillon:{" + number + "}:"));
        }
    }
}
