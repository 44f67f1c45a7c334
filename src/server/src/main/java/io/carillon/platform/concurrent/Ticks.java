package io.carillon.platform.concurrent;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is done again and again, whatever it throws, with a pause after each time. Of failures in a row the first is
 * logged, and later that it works again. Safe for many threads.
 */
public final class Ticks {
    private static final Logger LOG = LoggerFactory.getLogger(Ticks.class);

    private final String name;
    private final Runnable work;
    private ScheduledFuture<?> scheduled;
    // Only one thread works at a time.
    private volatile boolean failing;

    private Ticks(String name, Runnable work) {
        this.name = name;
        this.work = work;
    }

    /**
     * Begins at once to wait for the first time.
     *
     * @param name what works, as the log shall call it, such as {@code The reaper}
     * @param first the wait for the first time
     * @param pause the wait for each time after that
     */
    public static Ticks start(
            ScheduledExecutorService scheduler, String name, Duration first, Duration pause, Runnable work) {
        Ticks ticks = new Ticks(name, work);
        ticks.scheduled = scheduler.scheduleWithFixedDelay(
                ticks::tick, first.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        return ticks;
    }

    /** Work that has begun is not interrupted. */
    public void stop() {
        scheduled.cancel(false);
    }

    /** What is thrown here would end the ticks for good. */
    private void tick() {
        try {
            work.run();
            if (failing) {
                failing = false;
                LOG.info("{} works again", name);
            }
        } catch (RuntimeException failure) {
            if (!failing) {
                failing = true;
                LOG.warn("{} failed and tries again: {}", name, failure.getMessage(), failure);
            }
        }
    }
}
