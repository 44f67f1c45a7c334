package io.carillon.dialect.operations;

import io.carillon.dialect.operations.TaskMetrics.Standing;
import io.carillon.platform.cache.BriefCache;
import io.carillon.queue.Queue;
import io.carillon.task.QueueState;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads how all queues stand, at most once a second however often somebody scrapes. A store that is down costs its part of
 * the answer, not the whole. Safe for many threads.
 */
class QueueReading {
    private static final Logger LOG = LoggerFactory.getLogger(QueueReading.class);
    private static final Duration REMEMBERED = Duration.ofSeconds(1);
    private static final long PATIENCE_SECONDS = 3;

    private final Supplier<? extends Collection<Queue>> all;
    private final Supplier<? extends Collection<Queue>> known;
    private final Function<List<Queue>, CompletionStage<List<List<QueueState>>>> states;
    private final BriefCache<String, Standing> cache;

    /**
     * @param all every queue, from MariaDB
     * @param known those that this instance has seen, when MariaDB does not answer
     * @param states in the order of the queues
     */
    QueueReading(
            Supplier<? extends Collection<Queue>> all,
            Supplier<? extends Collection<Queue>> known,
            Function<List<Queue>, CompletionStage<List<List<QueueState>>>> states,
            LongSupplier nanos) {
        this.all = all;
        this.known = known;
        this.states = states;
        this.cache = new BriefCache<>(1, REMEMBERED, REMEMBERED, nanos);
    }

    Standing standing() {
        return cache.get("", key -> Optional.of(read())).orElseThrow();
    }

    private Standing read() {
        List<Queue> queues =
                queues().stream().sorted(Comparator.comparing(Queue::number)).toList();
        Map<Integer, String> names = new LinkedHashMap<>();
        queues.forEach(queue -> names.put(queue.number(), queue.name().text()));
        List<Queue> shown = queues.stream().limit(TaskMetrics.MOST_QUEUES).toList();
        return new Standing(names, shown, states(shown));
    }

    private Collection<Queue> queues() {
        try {
            return all.get();
        } catch (RuntimeException failure) {
            LOG.debug("Metrics show the known queues only: {}", failure.getMessage());
            return known.get();
        }
    }

    private Map<Integer, List<QueueState>> states(List<Queue> queues) {
        try {
            List<List<QueueState>> found =
                    states.apply(queues).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            Map<Integer, List<QueueState>> byNumber = new LinkedHashMap<>();
            for (int i = 0; i < found.size(); i++) {
                byNumber.put(queues.get(i).number(), found.get(i));
            }
            return byNumber;
        } catch (ExecutionException | TimeoutException | RuntimeException failure) {
            LOG.debug("Metrics show no depths: {}", failure.getMessage());
            return Map.of();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return Map.of();
        }
    }
}
