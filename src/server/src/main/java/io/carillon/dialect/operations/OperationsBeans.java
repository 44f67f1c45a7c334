package io.carillon.dialect.operations;

import io.carillon.callback.CallbackDelivery;
import io.carillon.callback.Callbacks;
import io.carillon.platform.cache.BriefCache;
import io.carillon.platform.health.Availability;
import io.carillon.platform.metrics.BellaNames;
import io.carillon.queue.Queues;
import io.carillon.task.LongTakes;
import io.carillon.task.QueueStates;
import io.carillon.task.TaskCounts;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Wires what operators look at. */
@ApplicationScoped
class OperationsBeans {
    private static final Duration REMEMBERED = Duration.ofSeconds(1);

    @Produces
    @Singleton
    Scrape scrape(
            PrometheusMeterRegistry registry,
            TaskCounts counts,
            Queues queues,
            QueueStates states,
            BellaNames bella,
            CallbackDelivery delivery,
            Callbacks callbacks,
            LongTakes takes,
            Availability availability) {
        QueueReading reading = new QueueReading(queues::all, queues::known, states::of, System::nanoTime);
        BriefCache<String, Long> pending = new BriefCache<>(1, REMEMBERED, REMEMBERED, System::nanoTime);
        ServerMetrics server = new ServerMetrics(
                delivery.counts(),
                takes::waiting,
                () -> pending.get("", key -> Optional.of(callbacks.pending())).orElseThrow(),
                availability.stores());
        return new Scrape(registry, new TaskMetrics(counts, reading::standing, bella), server);
    }
}
