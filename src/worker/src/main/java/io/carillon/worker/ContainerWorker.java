package io.carillon.worker;

import java.util.Map;

/**
 * The worker of an application in a container (CDI, Spring): made of {@link WorkerProperties} and of what the container found to do
 * the work, started and stopped with the application. With {@code scheduled.enabled} it takes as a {@link ScheduledWorker}, else
 * it waits at the server. Safe for many threads.
 */
public final class ContainerWorker implements AutoCloseable {
    private final Worker worker;
    private final ScheduledWorker scheduled;

    private ContainerWorker(WorkerProperties properties, WorkerBuilder builder) {
        worker = builder.build();
        scheduled = properties
                .scheduled()
                .map(schedule -> new ScheduledWorker(worker, schedule))
                .orElse(null);
    }

    /**
     * One that has its tasks done by methods, which name the queues.
     *
     * @param methods at least one, each with how it is called
     * @throws IllegalArgumentException when a property is wrong or missing, or a queue has two methods
     */
    public static ContainerWorker of(WorkerProperties properties, Map<HandlerMethod, HandlerMethod.Call> methods) {
        properties.requireNoQueues();
        WorkerBuilder builder = properties.builder();
        methods.forEach((method, call) -> method.addTo(builder, call));
        return new ContainerWorker(properties, builder);
    }

    /**
     * One that has its tasks done by that executor; the properties name the queues.
     *
     * @throws IllegalArgumentException when a property is wrong or missing
     */
    public static ContainerWorker of(WorkerProperties properties, TaskExecutor executor) {
        WorkerBuilder builder = properties.builder().executor(executor);
        properties.requireQueues().forEach(builder::queue);
        return new ContainerWorker(properties, builder);
    }

    /** Begins to take tasks. */
    public void start() {
        if (scheduled == null) {
            worker.start();
        } else {
            scheduled.start();
        }
    }

    /** Takes no more tasks, finishes or hands back those that it has, and returns; see {@link Worker#stop}. */
    @Override
    public void close() {
        if (scheduled == null) {
            worker.close();
        } else {
            scheduled.close();
        }
    }

    /** What does it. */
    public Worker worker() {
        return worker;
    }
}
