package io.carillon.dialect.operations;

import io.carillon.callback.CallbackCounts;
import io.carillon.platform.health.StoreProbe;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Metrics of this instance beside its tasks: what it holds, its callbacks and its stores. Each is read when somebody
 * scrapes.
 *
 * @param waitingTakes how many takes wait
 * @param pendingCallbacks how many callbacks of all instances are due or will be
 */
record ServerMetrics(
        CallbackCounts callbacks, IntSupplier waitingTakes, LongSupplier pendingCallbacks, List<StoreProbe> stores)
        implements MeterBinder {

    @Override
    public void bindTo(MeterRegistry registry) {
        callback(registry, "delivered", CallbackCounts::delivered);
        callback(registry, "retried", CallbackCounts::retried);
        callback(registry, "failed", CallbackCounts::failed);
        FunctionCounter.builder("carillon.callbacks.postponed", callbacks, CallbackCounts::errors)
                .description("Times that the database could not be reached, so that callbacks had to wait")
                .register(registry);
        Gauge.builder("carillon.callbacks.pending", () -> pendingCallbacks.getAsLong())
                .description("Callbacks that are neither delivered nor given up; the same from every instance")
                .register(registry);
        Gauge.builder("carillon.takes.waiting", () -> waitingTakes.getAsInt())
                .description("Takes that wait for a task")
                .register(registry);
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
