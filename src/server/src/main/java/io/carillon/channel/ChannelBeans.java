package io.carillon.channel;

import io.carillon.platform.database.Entities;
import io.carillon.queue.Queues;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** Builds the channels. */
@ApplicationScoped
class ChannelBeans {

    @Produces
    @Singleton
    Channels channels(Entities entities) {
        return new Channels(entities, Clock.systemUTC(), System::nanoTime);
    }

    @Produces
    @Singleton
    ModelRoutes modelRoutes(Channels channels, Queues queues) {
        return new ModelRoutes(channels, queues);
    }
}
