package io.carillon.worker;

import io.carillon.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.ScheduledExecutorService;

@ApplicationScoped
class WorkerBeans {
    @Produces
    @Singleton
    Workers workers(Database database) {
        return new Workers(database);
    }

    void start(@Observes Startup event, Workers workers, ScheduledExecutorService scheduler) {
        workers.start(scheduler);
    }

    void stop(@Observes Shutdown event, Workers workers) {
        workers.stop();
    }
}
