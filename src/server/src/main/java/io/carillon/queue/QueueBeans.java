package io.carillon.queue;

import io.carillon.platform.database.Entities;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Words;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;

/** Builds the queues, and starts and stops what keeps their settings. */
@ApplicationScoped
class QueueBeans {
    @Produces
    @Singleton
    Queues queues(Entities entities, Scripts scripts, Clock clock) {
        return new Queues(new QueueRows(entities), new SettingsCopy(scripts), clock);
    }

    @Produces
    @Singleton
    SettingsRepair repair(
            Queues queues, Words words, ExecutorService executor, ManagedScheduledExecutorService scheduler) {
        return new SettingsRepair(queues, words, executor, scheduler);
    }

    void start(@Observes Startup event, SettingsRepair repair) {
        repair.start();
    }

    void stop(@Observes Shutdown event, SettingsRepair repair) {
        repair.stop();
    }
}
