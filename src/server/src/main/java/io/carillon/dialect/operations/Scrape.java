package io.carillon.dialect.operations;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** All metrics of this instance, and of the queues that it shares with the others. Safe for many threads. */
public class Scrape {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry;
    // The registry refers but weakly to what its meters read.
    @SuppressWarnings({"unused", "FieldCanBeLocal"})
    private final ServerMetrics server;

    Scrape(PrometheusMeterRegistry registry, TaskMetrics tasks, ServerMetrics server) {
        this.registry = registry;
        this.server = server;
        registry.getPrometheusRegistry().register(tasks);
        server.bindTo(registry);
    }

    /** In Prometheus's text format. */
    String text() {
        return registry.scrape(CONTENT_TYPE);
    }
}
