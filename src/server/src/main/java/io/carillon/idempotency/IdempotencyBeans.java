package io.carillon.idempotency;

import io.carillon.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

@ApplicationScoped
class IdempotencyBeans {
    @Produces
    @Singleton
    IdempotencyKeys keys(Database database, ExecutorService executor, ScheduledExecutorService scheduler) {
        return new IdempotencyKeys(database, executor, scheduler);
    }
}
