package io.carillon.task;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings to MariaDB how attempts of offline tasks ended that did not end their task. The script that ends such an attempt
 * keeps it in Redis until it is written, so none is lost with an instance; several instances may write the same one. Safe
 * for many threads.
 */
class AttemptRecords {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptRecords.class);
    private static final int AT_ONCE = 500;
    private static final long PATIENCE_SECONDS = 10;

    private final Window window;
    private final AttemptTable table;
    private final Executor executor;
    private final Set<Integer> writing = ConcurrentHashMap.newKeySet();

    AttemptRecords(Window window, AttemptTable table, Executor executor) {
        this.window = window;
        this.table = table;
        this.executor = executor;
    }

    /** Never blocks. Whatever it misses, the next call or the {@link Reaper} finds. */
    void writeSoon(int queue) {
        if (!writing.add(queue)) {
            return;
        }
        try {
            executor.execute(() -> {
                writing.remove(queue);
                try {
                    write(queue);
                } catch (RuntimeException failure) {
                    LOG.debug("Attempts of queue {} are not in MariaDB yet: {}", queue, failure.getMessage());
                }
            });
        } catch (RejectedExecutionException stopping) {
            writing.remove(queue);
        }
    }

    /** Blocks. */
    void write(int queue) {
        for (Map<String, EndedAttempt> some;
                !(some = Stages.await(window.unwritten(queue, AT_ONCE), PATIENCE_SECONDS)).isEmpty(); ) {
            table.insert(some.values());
            Stages.await(window.written(queue, some.keySet()), PATIENCE_SECONDS);
        }
    }
}
