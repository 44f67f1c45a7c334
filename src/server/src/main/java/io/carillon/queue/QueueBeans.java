package io.carillon.queue;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

@ApplicationScoped
class QueueBeans {
    @Produces
    @Singleton
    Queues queues(QueueRows rows, Clock clock) {
        return new Queues(rows, clock);
    }
}
