package io.carillon.platform.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How long events take from the worker that appends them to the server that hands them on, under Bella-Queue's name. Safe
 * for many threads.
 */
public class BusLatency {
    private static final long LONGEST_MILLIS = Duration.ofHours(1).toMillis();

    private final MeterRegistry registry;
    private final BellaNames names;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    public BusLatency(MeterRegistry registry, BellaNames names) {
        this.registry = registry;
        this.names = names;
    }

    /** Shows the stream among the metrics although nothing has come by it yet. */
    public void show(String stream) {
        timers.computeIfAbsent(stream, this::timer);
    }

    /**
     * Counts one event. Clocks differ, so a negative latency counts as none.
     *
     * @param stream the key of the stream that it came by: few different ones, for each is a series of its own
     * @param millis from its append to now
     */
    public void record(String stream, long millis) {
        timers.computeIfAbsent(stream, this::timer)
                .record(Math.max(0, Math.min(millis, LONGEST_MILLIS)), TimeUnit.MILLISECONDS);
    }

    private Timer timer(String stream) {
        return Timer.builder("redis.mesh.forward.latency")
                .description("From a worker's append to the event bus to the dispatch by this instance")
                .tags(names.tags().and("stream", stream))
                .publishPercentiles(0.5, 0.95, 0.99)
                .register(registry);
    }
}
