package io.carillon.dialect.operations;

import io.carillon.callback.CallbackCounts;
import io.carillon.platform.health.StoreProbe;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Metrics of this instance beside its tasks: what it holds, its callbacks and its stores. Each is read when somebody
 * scrapes, and must stay reachable for that.
 *
 * @param gauges what there is now
 * @param counters what has been since the start
 */
record ServerMetrics(CallbackCounts callbacks, List<Reading> gauges, List<Reading> counters, List<StoreProbe> stores)
        implements MeterBinder {

    /**
     * A number that somebody knows.
     *
     * @param name with dots
     */
    record Reading(String name, String help, DoubleSupplier value) {
        double now() {
            return value.getAsDouble();
        }
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        callback(registry, "delivered", CallbackCounts::delivered);
        callback(registry, "retried", CallbackCounts::retried);
        callback(registry, "failed", CallbackCounts::failed);
        gauges.forEach(gauge -> Gauge.builder(gauge.name(), gauge, Reading::now)
                .description(gauge.help())
                .register(registry));
        counters.forEach(counter -> FunctionCounter.builder(counter.name(), counter, Reading::now)
                .description(counter.help())
                .register(registry));
        for (StoreProbe store : stores) {
            Gauge.builder("carillon.store.up", store, s -> s.ask().answers() ? 1 : 0)
                    .description("Whether the store answers")
                    .tag("store", store.store())
                    .register(registry);
            Gauge.builder("carillon.store.round.trip", store, s -> seconds(s.ask()))
                    .description("How long the store took to answer the last probe")
                    .baseUnit("seconds")
                    .tag("store", store.store())
                    .register(registry);
        }
    }

    private static double seconds(StoreProbe.Answer answer) {
        return answer.roundTrip().toNanos() / 1e9;
    }

    private void callback(MeterRegistry registry, String outcome, ToDoubleFunction<CallbackCounts> count) {
        FunctionCounter.builder("carillon.callbacks", callbacks, count)
                .description("Attempts to deliver a callback, by outcome; failed: given up for good")
                .tag("outcome", outcome)
                .register(registry);
    }
}
