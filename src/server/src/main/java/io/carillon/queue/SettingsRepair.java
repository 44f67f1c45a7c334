package io.carillon.queue;

import io.carillon.platform.concurrent.Ticks;
import io.carillon.platform.redis.Words;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
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
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final Queues queues;
    private final Words words;
    private final ExecutorService executor;
    private final ScheduledExecutorService scheduler;
    private Runnable hearing = () -> {};
    private Ticks ticking;

    SettingsRepair(Queues queues, Words words, ExecutorService executor, ScheduledExecutorService scheduler) {
        this.queues = queues;
        this.words = words;
        this.executor = executor;
        this.scheduler = scheduler;
    }

    void start() {
        hearing = words.hear(CHANNEL, word -> executor.execute(() -> learn(word)));
        ticking = Ticks.start(scheduler, "The look at the settings of queues", Duration.ZERO, LOOK, this::runOnce);
    }

    void stop() {
        if (ticking != null) {
            ticking.stop();
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

    void runOnce() {
        queues.refresh();
        queues.repairCopies();
    }
}
