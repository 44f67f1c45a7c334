package io.carillon.queue;

import io.carillon.platform.database.Entities;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Words;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

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
    SettingsRepair repair(Queues queues, Words words, ExecutorService executor, ScheduledExecutorService scheduler) {
        return new SettingsRepair(queues, words, executor, scheduler);
    }

    void start(@Observes Startup event, Queues queues, SettingsRepair repair) {
        // JPA logs in at its first use, with a connection of its own. Requests that all came first would each hold one
        // meanwhile, and leave it none.
        queues.refresh();
        repair.start();
    }

    void stop(@Observes Shutdown event, SettingsRepair repair) {
        repair.stop();
    }
}
