package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.persistence.PersistenceException;
import java.time.Clock;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registered queues. MariaDB has them; each instance remembers those that it has seen, for a queue's name, number and
 * endpoint never change. That a queue does not exist is never remembered, so a queue is there for all instances as soon as
 * it is registered. Safe for many threads.
 */
public class Queues {
    private static final Logger LOG = LoggerFactory.getLogger(Queues.class);

    private final QueueRows rows;
    private final Clock clock;
    private final Map<QueueName, Queue> byName = new ConcurrentHashMap<>();
    private final Map<Integer, Queue> byNumber = new ConcurrentHashMap<>();

    Queues(QueueRows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    /**
     * Registers a queue; once more with the same endpoint is fine, so that workers can do it at every start.
     *
     * @param by the public id of the caller's key
     * @throws Refused ({@link Reason#CONFLICT}) when it is registered for another endpoint
     */
    public Queue register(QueueName name, String endpoint, String by) {
        Queue queue = find(name).orElseGet(() -> insert(name, endpoint, by));
        if (!queue.endpoint().equals(endpoint)) {
            throw new Refused(
                    Reason.CONFLICT,
                    "Queue " + name.text() + " is registered for endpoint " + queue.endpoint()
                            + "; use that endpoint or another name",
                    "endpoint");
        }
        return queue;
    }

    private Queue insert(QueueName name, String endpoint, String by) {
        try {
            Queue queue = remember(rows.insert(name, endpoint, by, clock.millis()));
            LOG.info("Queue {} was registered for {} by key {}", name, endpoint, by);
            return queue;
        } catch (PersistenceException | jakarta.transaction.TransactionalException failure) {
            // Somebody else was first.
            return find(name).orElseThrow(() -> failure);
        }
    }

    public Optional<Queue> find(QueueName name) {
        Queue known = byName.get(name);
        return known != null ? Optional.of(known) : rows.find(name).map(this::remember);
    }

    /** @throws Refused ({@link Reason#UNKNOWN}) when there is no such queue */
    public Queue get(QueueName name) {
        return find(name)
                .orElseThrow(() -> new Refused(
                        Reason.UNKNOWN,
                        "Queue " + name.text() + " is not registered; register it with POST /v1/queue/register",
                        "queue"));
    }

    /** The queue that a task id names. */
    public Optional<Queue> find(int number) {
        Queue known = byNumber.get(number);
        if (known == null) {
            refresh();
            known = byNumber.get(number);
        }
        return Optional.ofNullable(known);
    }

    /** Every queue, also those that other instances registered. */
    public List<Queue> all() {
        refresh();
        return known().stream().sorted(Comparator.comparing(Queue::number)).toList();
    }

    /** The queues that this instance has seen so far; asks nobody. */
    public Collection<Queue> known() {
        return byNumber.values();
    }

    /** Learns of queues that other instances registered. */
    public void refresh() {
        rows.all().forEach(this::remember);
    }

    private Queue remember(Queue queue) {
        byNumber.put(queue.number(), queue);
        byName.put(queue.name(), queue);
        return queue;
    }
}
