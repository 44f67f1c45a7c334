package io.carillon.platform.metrics;

import io.carillon.platform.config.Configuration;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the registry of all meters injectable, as {@link MeterRegistry}, with those of the JVM in it. */
@ApplicationScoped
class MetricsBeans {
    private final JvmGcMetrics collections = new JvmGcMetrics();

    @Produces
    @Singleton
    PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new JvmMemoryMetrics().bindTo(registry);
        collections.bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        return registry;
    }

    /** The JVM would keep an application that still listens to its collections. */
    void close(@Disposes PrometheusMeterRegistry registry) {
        collections.close();
        registry.close();
    }

    @Produces
    @Singleton
    BellaNames bellaNames(Configuration configuration) {
        return new BellaNames(configuration.profile());
    }

    @Produces
    @Singleton
    BusLatency busLatency(MeterRegistry registry, BellaNames names) {
        return new BusLatency(registry, names);
    }

    @Produces
    @Singleton
    HttpRequests httpRequests(MeterRegistry registry) {
        return new HttpRequests(registry);
    }
}
