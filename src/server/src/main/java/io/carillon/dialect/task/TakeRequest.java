package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.FullQueueName;
import io.carillon.task.Strategy;
import io.carillon.task.Take;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Takes tasks.
 *
 * @param queues at least one, at most 1,000, in the order given, each once
 * @param size how many tasks at most; 0 gives none, and {@code sequential} takes no notice of it
 * @param minAge only tasks that are at least so old
 * @param processTimeout the lease of every task taken; empty when the queue's own shall hold
 * @param processMaxRetries how often a task is delivered again; -1 without limit; empty when none was given. See {@link #take()}
 * @param workerId the worker that names itself in {@code worker_id}, and so can heartbeat
 * @param worker the worker as newer Bella-Queue SDKs name it; it cannot heartbeat
 * @param waitFor how long the answer may wait for a task, up to 60 s
 */
public record TakeRequest(
        List<FullQueueName> queues,
        int size,
        Strategy strategy,
        Duration minAge,
        Optional<Duration> processTimeout,
        Optional<Integer> processMaxRetries,
        Optional<String> workerId,
        Optional<Worker> worker,
        Duration waitFor) {
    /** Bella-Queue stops at 10. */
    private static final int MOST_FIFO = 100;

    private static final int MOST = 1000;
    private static final int MOST_QUEUES = 1000;
    private static final int MOST_WAIT_SECONDS = 60;
    private static final int MOST_WORKER_ID = 128;
    private static final long CENTURY = Duration.ofDays(36_525).toSeconds();

    /**
     * A worker as newer Bella-Queue SDKs describe it.
     *
     * @param id empty when it gave none
     * @param capacities how many tasks it can take of each queue that it names; never below 0
     */
    public record Worker(Optional<String> id, Map<FullQueueName, Integer> capacities) {}

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}, naming the culprit
     */
    public static TakeRequest of(byte[] body, int depth) {
        return read(EnvelopeReader.over(body, depth));
    }

    /** Reads the rest of an object that is a take. */
    static TakeRequest read(EnvelopeReader fields) {
        Draft draft = new Draft();
        while (fields.next()) {
            draft.accept(fields);
        }
        return draft.checked();
    }

    /** Who holds the leases: the worker by whichever name it gave. */
    public Optional<String> owner() {
        return workerId.or(() -> worker.flatMap(Worker::id));
    }

    /** How many tasks this take may get from a queue: what the worker said it can carry, or else the size. */
    public int capacity(FullQueueName queue) {
        return worker.map(Worker::capacities)
                .map(each -> each.get(queue))
                .map(most -> Math.min(most, size))
                .orElse(size);
    }

    /**
     * The take that is asked for. {@code process_max_retries} counts only together with {@code process_timeout}: the SDK
     * always sends both, and 0 for "no timer" must not mean that the first lost lease is the last. Absent it is 0, as in
     * Bella-Queue, unless the worker is one of ours, with a {@code worker_id}: then the task's limit holds.
     */
    Take take() {
        return new Take(
                queues,
                strategy,
                size,
                worker.map(Worker::capacities).orElse(Map.of()),
                minAge,
                processTimeout,
                processTimeout.isPresent() ? lostLeases() : OptionalInt.empty(),
                owner().orElse(null),
                workerId.isPresent(),
                waitFor);
    }

    private OptionalInt lostLeases() {
        return processMaxRetries
                .map(OptionalInt::of)
                .orElseGet(() -> workerId.isPresent() ? OptionalInt.empty() : OptionalInt.of(0));
    }

    private static final class Draft {
        private List<String> queues;
        private Integer size;
        private String strategy;
        private Long minAge;
        private Integer processTimeout;
        private Integer processMaxRetries;
        private String workerId;
        private Worker worker;
        private Integer wait;

        void accept(EnvelopeReader fields) {
            switch (fields.name()) {
                case "queues" -> queues = fields.texts(MOST_QUEUES);
                case "size" -> size = fields.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
                case "strategy" -> strategy = fields.text();
                case "min_age_seconds" -> minAge = fields.number(Long.MIN_VALUE, CENTURY);
                case "process_timeout" -> processTimeout = fields.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
                case "process_max_retries" -> processMaxRetries = fields.integer(-1, Integer.MAX_VALUE);
                case "worker_id" -> workerId = fields.text();
                case "worker" -> worker = worker(fields.object());
                case "wait_seconds" -> wait = fields.integer(0, MOST_WAIT_SECONDS);
                default -> {}
            }
        }

        TakeRequest checked() {
            if (queues == null || queues.isEmpty()) {
                throw new Refused(Reason.INVALID, "queues cannot be empty", "queues");
            }
            Strategy chosen = strategy == null ? Strategy.FIFO : Strategy.of(strategy);
            int most = chosen == Strategy.FIFO ? MOST_FIFO : MOST;
            return new TakeRequest(
                    queues.stream().map(FullQueueName::parse).distinct().toList(),
                    size == null ? 1 : Math.max(0, Math.min(size, most)),
                    chosen,
                    Duration.ofSeconds(minAge == null ? 0 : Math.max(0, minAge)),
                    Optional.ofNullable(processTimeout)
                            .filter(seconds -> seconds > 0)
                            .map(Duration::ofSeconds),
                    Optional.ofNullable(processMaxRetries),
                    Texts.optional("worker_id", workerId, MOST_WORKER_ID),
                    Optional.ofNullable(worker),
                    Duration.ofSeconds(wait == null ? 0 : wait));
        }

        private static Worker worker(EnvelopeReader fields) {
            if (fields == null) {
                return null;
            }
            String id = null;
            Map<FullQueueName, Integer> capacities = Map.of();
            while (fields.next()) {
                switch (fields.name()) {
                    case "id" -> id = fields.text();
                    case "capacities" -> capacities = capacities(fields.object());
                    default -> {}
                }
            }
            return new Worker(Texts.optional("worker.id", id, MOST_WORKER_ID), capacities);
        }

        private static Map<FullQueueName, Integer> capacities(EnvelopeReader fields) {
            if (fields == null) {
                return Map.of();
            }
            Map<FullQueueName, Integer> capacities = new LinkedHashMap<>();
            while (fields.next()) {
                FullQueueName queue = FullQueueName.parse(fields.key());
                Integer capacity = fields.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
                if (capacity != null) {
                    capacities.put(queue, Math.max(0, capacity));
                }
                if (capacities.size() > MOST_QUEUES) {
                    throw new Refused(
                            Reason.INVALID,
                            "worker.capacities may name at most " + MOST_QUEUES + " queues",
                            "worker.capacities");
                }
            }
            return Map.copyOf(capacities);
        }
    }
}
