package io.carillon.worker;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Says where the server is, from which queues a {@link Worker} takes, and who does the work. Not safe for many threads. Every
 * method checks what it is given and throws {@link IllegalArgumentException} when that cannot be.
 */
public final class WorkerBuilder {
    private static final int MOST_CONCURRENCY = 10_000;
    private static final int MOST_ID = 128;
    private static final Duration LONGEST_POLL = Duration.ofSeconds(60);

    URI server = URI.create("http://localhost:8080");
    String key;
    String workerId;
    String kind = "library";
    String version = version();
    List<QueueShare> queues = new ArrayList<>();
    Strategy strategy = Strategy.ACTIVE_PASSIVE;
    int concurrency;
    Map<String, Handler> handlers = new LinkedHashMap<>();
    TaskExecutor executor;
    Duration lease = Duration.ofSeconds(60);
    Duration heartbeat = Duration.ofSeconds(5);
    Duration longPoll = Duration.ofSeconds(20);
    Duration requestTimeout = Duration.ofSeconds(10);
    Duration shutdownTimeout = Duration.ofSeconds(30);
    long maxRuns;
    int maxConsecutiveErrors;
    boolean eventBus;

    WorkerBuilder() {}

    /**
     * Where the server answers, also below a path, with or without {@code /v1}; {@code http://localhost:8080} unless said
     * otherwise.
     */
    public WorkerBuilder server(String url) {
        try {
            URI uri = URI.create(url.strip());
            if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
                throw new IllegalArgumentException("no host");
            }
            this.server = uri;
            return this;
        } catch (IllegalArgumentException none) {
            throw new IllegalArgumentException("'" + url + "' is no address of a server; one is http://host:8080");
        }
    }

    /** An API key with the role worker. Required. */
    public WorkerBuilder key(String apiKey) {
        if (apiKey == null || apiKey.isBlank() || !apiKey.strip().chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException("A key is printable ASCII without blanks");
        }
        this.key = apiKey.strip();
        return this;
    }

    /**
     * The worker's name, which the server shows and which holds the leases; no two that run may have the same. Made of host and
     * process id, and a few random digits, unless said otherwise.
     */
    public WorkerBuilder workerId(String id) {
        if (id.isBlank() || id.length() > MOST_ID) {
            throw new IllegalArgumentException("A worker's name has 1 to " + MOST_ID + " characters");
        }
        this.workerId = id;
        return this;
    }

    /** What kind of worker the server shows, such as {@code openai}. */
    public WorkerBuilder kind(String name) {
        this.kind = name;
        return this;
    }

    /** Takes from this queue too: {@code NAME[:LEVEL][=WEIGHT]}; all levels, online first, when none is named. */
    public WorkerBuilder queue(String text) {
        queues.add(QueueShare.of(text));
        return this;
    }

    /** Takes from this queue too, and has its tasks done by this handler. The queue is written as for {@link #queue}. */
    public WorkerBuilder handler(String queue, Handler handler) {
        QueueShare share = QueueShare.of(queue);
        queues.add(share);
        String name = share.level() == null ? share.queue() : share.queue() + ":" + share.level();
        if (handlers.put(name, handler) != null) {
            throw new IllegalArgumentException("Queue " + name + " has a handler already");
        }
        return this;
    }

    /** Has all tasks done by this, instead of by handlers. */
    public WorkerBuilder executor(TaskExecutor own) {
        this.executor = own;
        return this;
    }

    /** From which queue tasks come first; {@link Strategy#ACTIVE_PASSIVE} unless said otherwise. */
    public WorkerBuilder strategy(Strategy name) {
        this.strategy = name;
        return this;
    }

    /** How many tasks it has at once, 1 to 10,000; 1 unless said otherwise, with an executor of one's own 10,000. */
    public WorkerBuilder concurrency(int tasks) {
        if (tasks < 1 || tasks > MOST_CONCURRENCY) {
            throw new IllegalArgumentException("The concurrency is 1 to " + MOST_CONCURRENCY + ", not " + tasks);
        }
        this.concurrency = tasks;
        return this;
    }

    /**
     * How long it has a task without a heartbeat: so long after it is killed its tasks go to another. 60 s unless said otherwise;
     * null for what the queue or the server says.
     */
    public WorkerBuilder lease(Duration length) {
        if (length != null && length.toSeconds() < 1) {
            throw new IllegalArgumentException("A lease is at least a second");
        }
        this.lease = length;
        return this;
    }

    /**
     * How often it says that it lives; 5 s unless said otherwise, and never more seldom than three times in a {@link #lease}. So
     * long a cancellation takes at most to reach it.
     */
    public WorkerBuilder heartbeat(Duration period) {
        this.heartbeat = positive("The heartbeat's period", period);
        return this;
    }

    /** How long a take waits at the server for a task; 20 s unless said otherwise, at most 60 s. */
    public WorkerBuilder longPoll(Duration atMost) {
        if (atMost.isNegative() || atMost.compareTo(LONGEST_POLL) > 0) {
            throw new IllegalArgumentException("A take waits 0 to 60 s");
        }
        this.longPoll = atMost;
        return this;
    }

    /** How long a connect, and an answer for which nothing is waited for, may take; 10 s unless said otherwise. */
    public WorkerBuilder requestTimeout(Duration atMost) {
        this.requestTimeout = positive("The timeout of requests", atMost);
        return this;
    }

    /** How long {@link Worker#stop} lets tasks finish before it hands them back; 30 s unless said otherwise. */
    public WorkerBuilder shutdownTimeout(Duration atMost) {
        if (atMost.isNegative()) {
            throw new IllegalArgumentException("The shutdown timeout cannot be negative");
        }
        this.shutdownTimeout = atMost;
        return this;
    }

    /** After how many tasks, ended well or not, the worker ends; 0, the default, for never. */
    public WorkerBuilder maxRuns(long tasks) {
        if (tasks < 0) {
            throw new IllegalArgumentException("The number of runs cannot be negative");
        }
        this.maxRuns = tasks;
        return this;
    }

    /**
     * After how many errors in a row the worker ends: takes that failed (each was tried five times, unless the server refused it
     * for good), calls with results that were not heard (5xx, 401, 403 and other refusals that are not of a result), or attempts
     * that failed, so that a machine that is broken does not wear out the whole queue. 0, the default, for never.
     */
    public WorkerBuilder maxConsecutiveErrors(int errors) {
        if (errors < 0) {
            throw new IllegalArgumentException("The number of errors cannot be negative");
        }
        this.maxConsecutiveErrors = errors;
        return this;
    }

    /** Whether results and progress of tasks that somebody waits for go straight to Redis instead of over HTTP. */
    public WorkerBuilder eventBus(boolean direct) {
        this.eventBus = direct;
        return this;
    }

    /**
     * Makes the worker; it does nothing before it is started.
     *
     * @throws IllegalArgumentException when something is missing
     */
    public Worker build() {
        if (key == null) {
            throw new IllegalArgumentException("A worker needs a key");
        }
        if (queues.isEmpty()) {
            throw new IllegalArgumentException("A worker needs a queue");
        }
        if (executor == null && handlers.isEmpty()) {
            throw new IllegalArgumentException("A worker needs a handler or an executor");
        }
        if (executor != null && !handlers.isEmpty()) {
            throw new IllegalArgumentException("A worker has handlers or an executor, not both");
        }
        if (concurrency == 0) {
            concurrency = executor == null ? 1 : MOST_CONCURRENCY;
        }
        if (workerId == null) {
            workerId = Report.hostName() + "-" + ProcessHandle.current().pid() + "-"
                    + Integer.toHexString(ThreadLocalRandom.current().nextInt(0x1000, 0x10000));
        }
        return new Worker(this);
    }

    /** Makes the worker and starts it. */
    public Worker start() {
        return build().start();
    }

    /** Thrice in a lease, so that one that comes late loses no task. */
    Duration heartbeatPeriod() {
        return lease == null || heartbeat.compareTo(thirdOfLease()) < 0 ? heartbeat : thirdOfLease();
    }

    /** How long the answer to a heartbeat may take: when nobody has answered one, there is time for another. */
    Duration heartbeatPatience() {
        return lease == null || requestTimeout.compareTo(thirdOfLease()) < 0 ? requestTimeout : thirdOfLease();
    }

    private Duration thirdOfLease() {
        // the wire has whole seconds
        return Duration.ofSeconds(lease.toSeconds()).dividedBy(3);
    }

    private static Duration positive(String what, Duration length) {
        if (length.isNegative() || length.isZero()) {
            throw new IllegalArgumentException(what + " must be positive");
        }
        return length;
    }

    private static String version() {
        String version = WorkerBuilder.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
