package io.carillon.idempotency;

import io.carillon.platform.database.Database;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;

@ApplicationScoped
class IdempotencyBeans {
    @Produces
    @Singleton
    IdempotencyKeys keys(Database database, ExecutorService executor, ManagedScheduledExecutorService scheduler) {
        return new IdempotencyKeys(database, executor, scheduler);
    }
}
