package io.carillon.dialect.operations;

import io.carillon.batch.BatchCounts;
import io.carillon.callback.CallbackDelivery;
import io.carillon.callback.Callbacks;
import io.carillon.dialect.operations.ServerMetrics.Reading;
import io.carillon.platform.cache.BriefCache;
import io.carillon.platform.health.Availability;
import io.carillon.platform.metrics.BellaNames;
import io.carillon.queue.Queues;
import io.carillon.stream.Callers;
import io.carillon.stream.EventBus;
import io.carillon.stream.TaskEvents;
import io.carillon.stream.WorkerEvents;
import io.carillon.task.LongTakes;
import io.carillon.task.QueueStates;
import io.carillon.task.TaskCounts;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
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
            BatchCounts batches,
            Queues queues,
            QueueStates states,
            BellaNames bella,
            ServerMetrics server,
            Availability availability) {
        // A store that hangs would hold the scrape for as long as its pool is patient.
        QueueReading reading = new QueueReading(
                () -> availability.answers(Availability.MARIA_DB) ? queues.all() : queues.known(),
                queues::known,
                states::of,
                System::nanoTime);
        return new Scrape(registry, new TaskMetrics(counts, batches, reading::standing, bella), server);
    }

    @Produces
    @Singleton
    ServerMetrics server(
            CallbackDelivery delivery,
            Callbacks callbacks,
            LongTakes takes,
            Callers callers,
            WorkerEvents workerEvents,
            TaskEvents events,
            EventBus bus,
            Availability availability) {
        BriefCache<String, Long> pending = new BriefCache<>(1, REMEMBERED, REMEMBERED, System::nanoTime);
        return new ServerMetrics(
                delivery.counts(),
                List.of(
                        new Reading(
                                "carillon.callbacks.pending",
                                "Callbacks neither delivered nor given up, at most 100,000; the same from every"
                                        + " instance",
                                () -> availability.answers(Availability.MARIA_DB)
                                        ? pending.get("", key -> Optional.of(callbacks.pending()))
                                                .orElseThrow()
                                        : Double.NaN),
                        new Reading("carillon.callers.held", "Blocking and streaming callers that wait", callers::held),
                        new Reading("carillon.takes.waiting", "Takes that wait for a task", takes::waiting),
                        new Reading("carillon.watchers", "Clients that watch a task", events::watching)),
                List.of(
                        new Reading(
                                "carillon.callbacks.postponed",
                                "Times that the database could not be reached, so that callbacks had to wait",
                                delivery.counts()::errors),
                        new Reading("carillon.bus.events", "Events that came by the event bus", bus::received),
                        new Reading(
                                "carillon.bus.malformed",
                                "Events on the bus that could not be understood",
                                bus::malformed),
                        new Reading(
                                "carillon.bus.dropped",
                                "Events on the bus that nobody waits for, or of a task that no worker has",
                                workerEvents::dropped)),
                availability.stores());
    }
}
