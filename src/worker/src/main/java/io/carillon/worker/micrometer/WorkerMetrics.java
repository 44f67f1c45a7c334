package io.carillon.worker.micrometer;

import io.carillon.worker.Statistics;
import io.carillon.worker.Worker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * What a worker does, as meters with the tag {@code worker}: {@code carillon.worker.tasks} by {@code outcome}, {@code
 * carillon.worker.busy} (time per task that ended here), {@code carillon.worker.running}, {@code .capacity}, {@code .errors}
 * and {@code .up}.
 */
public final class WorkerMetrics implements MeterBinder {
    private final Worker worker;

    /** @param worker it is asked whenever the meters are read, also after its end */
    public WorkerMetrics(Worker worker) {
        this.worker = worker;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Tags tags = Tags.of("worker", worker.id());
        outcome(registry, tags, "completed", Statistics::completed);
        outcome(registry, tags, "failed", Statistics::failed);
        outcome(registry, tags, "refused", Statistics::refused);
        outcome(registry, tags, "released", Statistics::released);
        outcome(registry, tags, "cancelled", Statistics::cancelled);
        FunctionCounter.builder(
                        "carillon.worker.taken", worker, of -> of.statistics().taken())
                .description("Tasks that the worker was given")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder(
                        "carillon.worker.errors", worker, of -> of.statistics().callErrors())
                .description("Calls of the server that were given up")
                .tags(tags)
                .register(registry);
        FunctionTimer.builder(
                        "carillon.worker.busy",
                        worker,
                        of -> of.statistics().completed() + of.statistics().failed(),
                        of -> of.statistics().busy().toMillis(),
                        TimeUnit.MILLISECONDS)
                .description("Time from when a task was taken to its end")
                .tags(tags)
                .register(registry);
        Gauge.builder("carillon.worker.running", worker, of -> of.statistics().running())
                .description("Tasks that the worker has now")
                .tags(tags)
                .register(registry);
        Gauge.builder("carillon.worker.capacity", worker, Worker::capacity)
                .description("Tasks that the worker can have at once")
                .tags(tags)
                .register(registry);
        Gauge.builder("carillon.worker.up", worker, of -> of.state() == Worker.State.RUNNING ? 1 : 0)
                .description("Whether the worker takes tasks")
                .tags(tags)
                .register(registry);
    }

    private void outcome(MeterRegistry registry, Tags tags, String name, ToLongFunction<Statistics> count) {
        FunctionCounter.builder("carillon.worker.tasks", worker, of -> count.applyAsLong(of.statistics()))
                .description("What became of tasks")
                .tags(tags.and("outcome", name))
                .register(registry);
    }
}
