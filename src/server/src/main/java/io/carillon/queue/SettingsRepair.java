package io.carillon.queue;

import io.carillon.platform.redis.Words;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what this instance knows of the queues, and Redis's copies of their settings, as MariaDB has them. A word from
 * whoever changed something brings it at once; a look from time to time brings what no word was heard of, and writes copies
 * that Redis missed or lost.
 */
class SettingsRepair {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsRepair.class);
    private static final String CHANNEL = "carillon:queues";
    private static final int LOOK_SECONDS = 5;

    private final Queues queues;
    private final Words words;
    private final ExecutorService executor;
    private final ScheduledExecutorService scheduler;
    private Runnable hearing = () -> {};
    private ScheduledFuture<?> ticking;
    private boolean failing;

    SettingsRepair(Queues queues, Words words, ExecutorService executor, ScheduledExecutorService scheduler) {
        this.queues = queues;
        this.words = words;
        this.executor = executor;
        this.scheduler = scheduler;
    }

    void start() {
        hearing = words.hear(CHANNEL, word -> executor.execute(() -> learn(word)));
        ticking = scheduler.scheduleWithFixedDelay(this::tick, 0, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    void stop() {
        if (ticking != null) {
            ticking.cancel(false);
            hearing.run();
        }
    }

    private void learn(String number) {
        try {
            queues.refresh(Integer.parseInt(number));
        } catch (RuntimeException failure) {
            LOG.debug("Queue {} was changed, but cannot be read yet: {}", number, failure.getMessage());
        }
    }

    private void tick() {
        try {
            runOnce();
            failing = false;
        } catch (RuntimeException failure) {
            if (!failing) {
                failing = true;
                LOG.warn("The settings of queues cannot be looked at: {}", failure.getMessage());
            }
        }
    }

    void runOnce() {
        queues.refresh();
        queues.repairCopies();
    }
}
