package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
    private static final int LATEST_UNWRITTEN = 100;
    private static final long PATIENCE_SECONDS = 10;

    private final PastAttempts past;
    private final AttemptTable table;
    private final Executor executor;
    private final Set<Integer> writing = ConcurrentHashMap.newKeySet();

    AttemptRecords(PastAttempts past, AttemptTable table, Executor executor) {
        this.past = past;
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

    /** How a task's attempts ended, oldest first, wherever that is written; of very many, the last. Blocks. */
    List<EndedAttempt> of(Task task) {
        // First Redis: what leaves it meanwhile is in MariaDB then.
        List<EndedAttempt> unwritten =
                Stages.await(past.unwritten(task.id(), task.attempt(), LATEST_UNWRITTEN), PATIENCE_SECONDS);
        List<EndedAttempt> all = new ArrayList<>(table.of(task.id()));
        unwritten.stream()
                .filter(one -> all.stream()
                        .noneMatch(known -> known.attempt() == one.attempt()
                                && known.outcome().equals(one.outcome())))
                .toList()
                .forEach(all::add);
        all.sort(Comparator.comparingInt(EndedAttempt::attempt).thenComparing(EndedAttempt::isReplay));
        return all;
    }

    /** Blocks. */
    void write(int queue) {
        for (Map<String, EndedAttempt> some;
                !(some = Stages.await(past.unwritten(queue, AT_ONCE), PATIENCE_SECONDS)).isEmpty(); ) {
            table.insert(some.values());
            Stages.await(past.written(queue, some.keySet()), PATIENCE_SECONDS);
        }
    }
}
