package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** Makes the rules of the Task API injectable. */
@ApplicationScoped
class TaskApiBeans {
    @Produces
    @Singleton
    TaskApiErrors errors(Configuration configuration) {
        return new TaskApiErrors(Clock.systemUTC(), configuration.errorsAlways200());
    }
}
