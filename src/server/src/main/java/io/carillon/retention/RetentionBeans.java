package io.carillon.retention;

import io.carillon.batch.Batches;
import io.carillon.callback.CallbackSecrets;
import io.carillon.idempotency.IdempotencyKeys;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.queue.Queues;
import io.carillon.worker.Workers;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/** Says what is removed and when, and runs it while the application does. */
@ApplicationScoped
class RetentionBeans {
    @Produces
    @Singleton
    Retention retention(
            Database database,
            Queues queues,
            Configuration configuration,
            ScheduledExecutorService scheduler,
            Clock clock) {
        Ages ages = new Ages(queues, configuration.taskRetention(), clock);
        List<Sweep> sweeps = List.of(
                new OldTasks(ages),
                new OldCallbacks(ages),
                oldBatches(new Ages(queues, configuration.batchRetention(), clock)),
                IdempotencyKeys::deleteExpired,
                CallbackSecrets::deleteExpired,
                Workers::deleteForgotten,
                new OldInstances(configuration.instanceRetention(), clock));
        return new Retention(database, sweeps, configuration.retentionRows(), scheduler);
    }

    /** Batches that ended long ago go; their lines go as other tasks do, and their files when those expire. */
    static Sweep oldBatches(Ages ages) {
        return (connection, most) -> Batches.forgetOld(connection, ages.oldest(0), most);
    }

    void start(@Observes Startup event, Retention retention) {
        retention.start();
    }

    void stop(@Observes Shutdown event, Retention retention) {
        retention.stop();
    }
}
