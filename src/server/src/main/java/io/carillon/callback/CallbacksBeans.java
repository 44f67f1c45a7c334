package io.carillon.callback;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;

/** Wires the delivery of callbacks, and runs it while the application does. */
@ApplicationScoped
class CallbacksBeans {
    @Produces
    @Singleton
    CallbackAddress address(Configuration configuration) {
        return new CallbackAddress(configuration.callbackAllowPrivate());
    }

    @Produces
    @Singleton
    CallbackTable table(Database database) {
        return new CallbackTable(database);
    }

    @Produces
    @Singleton
    CallbackSecrets secrets(Database database) {
        return new CallbackSecrets(database);
    }

    @Produces
    @Singleton
    CallbackDelivery delivery(
            CallbackTable table,
            CallbackAddress address,
            Configuration configuration,
            ExecutorService executor,
            ScheduledExecutorService scheduler) {
        Clock clock = Clock.systemUTC();
        CallbackSettings settings =
                CallbackSettings.of(configuration.callbackConnectTimeout(), configuration.callbackResponseTimeout());
        return new CallbackDelivery(
                table,
                new Sender(settings, new CheckedResolver(address, executor), clock),
                Retries.standard(() -> ThreadLocalRandom.current().nextDouble()),
                settings,
                executor,
                scheduler);
    }

    @Produces
    @Singleton
    Callbacks callbacks(Database database, CallbackTable table, CallbackDelivery delivery) {
        return new Callbacks(database, table, delivery::wake);
    }

    void start(@Observes Startup event, CallbackDelivery delivery) {
        delivery.start();
    }

    void stop(@Observes Shutdown event, CallbackDelivery delivery) {
        delivery.stop();
    }
}
