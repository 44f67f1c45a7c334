package io.carillon.security;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Entities;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;

/** Builds the keys, and starts and stops what they do behind. */
@ApplicationScoped
class SecurityBeans {

    @Produces
    @Singleton
    Keys keys(Entities entities, Configuration configuration, ScheduledExecutorService scheduler) {
        Keys keys = new Keys(entities, configuration.adminKey(), Clock.systemUTC(), System::nanoTime);
        keys.start(scheduler);
        return keys;
    }

    @Produces
    @Singleton
    Authentication authentication(Keys keys, Configuration configuration) {
        return new Authentication(keys, configuration);
    }

    void stop(@Disposes Keys keys) {
        keys.stop();
    }
}
