package io.carillon.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a worker take again and again after a pause, as Bella-Queue's SDK does: at once while tasks come and there is room. {@link
 * Worker#start} needs no pauses, for it waits at the server; this is for those who are used to the other.
 */
public final class ScheduledWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduledWorker.class);
    private static final Duration LAST_TAKE = Duration.ofSeconds(60);

    /**
     * The properties below {@code bella.queue.worker.scheduled}.
     *
     * @param enabled whether it starts at all
     * @param endpoint what the tasks ask for; for people only
     * @param queues full queue names, or names for all levels
     * @param takeStrategy as on the wire
     * @param size how many tasks one take brings at most; 1 or more
     * @param scheduleWorkerDelayMs pause between takes that bring nothing; 50 or more
     */
    public record Properties(
            boolean enabled,
            String endpoint,
            List<String> queues,
            String takeStrategy,
            int size,
            long scheduleWorkerDelayMs) {
        private static final long SHORTEST_DELAY = 50;

        public Properties {
            queues = List.copyOf(queues);
            size = Math.max(1, size);
            scheduleWorkerDelayMs = Math.max(SHORTEST_DELAY, scheduleWorkerDelayMs);
        }

        /** One task at a time, every 100 ms, the oldest first. */
        public static Properties of(String... queues) {
            return new Properties(true, null, List.of(queues), Strategy.FIFO.text(), 1, 100);
        }
    }

    private final Worker worker;
    private final Properties properties;
    private ScheduledExecutorService clock;
    private volatile boolean stopping;

    /** @param worker is closed with this */
    public ScheduledWorker(Worker worker, Properties properties) {
        this.worker = worker;
        this.properties = properties;
    }

    /** Makes the worker too: the builder gets the queues and the strategy. */
    public static ScheduledWorker of(WorkerBuilder builder, Properties properties) {
        properties.queues().forEach(builder::queue);
        builder.strategy(Strategy.of(properties.takeStrategy()));
        return new ScheduledWorker(builder.build(), properties);
    }

    /** Begins, unless it is not enabled or has begun. */
    public synchronized void start() {
        if (!properties.enabled() || clock != null) {
            return;
        }
        clock = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "carillon-scheduled-take");
            thread.setDaemon(true);
            return thread;
        });
        clock.scheduleWithFixedDelay(this::takeSafely, 0, properties.scheduleWorkerDelayMs(), TimeUnit.MILLISECONDS);
    }

    private void takeSafely() {
        try {
            int taken = 1;
            // also without room: it begins what was kept for later, which gives room
            while (taken > 0 && !stopping && !worker.couldNotBegin()) {
                taken = worker.pullAndProcess(properties.size());
            }
        } catch (IOException logged) {
            LOG.debug("The next take comes after the pause");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error failure) {
            // What is thrown here would end the schedule for good.
            LOG.warn("A scheduled take failed", failure);
        }
    }

    /** Takes no more tasks, finishes those that it has (see {@link WorkerBuilder#shutdownTimeout}), and ends the worker. */
    public synchronized void stop() {
        stopping = true;
        if (clock != null) {
            clock.shutdown();
            try {
                clock.awaitTermination(LAST_TAKE.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException impatient) {
                Thread.currentThread().interrupt();
            }
        }
        worker.close();
    }

    @Override
    public void close() {
        stop();
    }

    /** What it schedules. */
    public Worker worker() {
        return worker;
    }
}
