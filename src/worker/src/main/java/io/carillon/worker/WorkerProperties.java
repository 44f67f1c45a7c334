package io.carillon.worker;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A worker's configuration by properties: {@code carillon.worker.concurrency} and the like, named as the flags of the command, and
 * beside them those of Bella-Queue's SDK, {@code bella.queue.worker...}, which count where ours say nothing. docs/worker.md has the
 * table. A value that is empty counts as none. Immutable; the source is asked anew each time.
 */
public final class WorkerProperties {
    private static final String OURS = "carillon.worker.";
    private static final String BELLAS = "bella.queue.worker.";
    private static final Pattern PART = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(h|ms|m|s)");
    private static final Map<String, BigDecimal> SECONDS = Map.of(
            "h", new BigDecimal(3600), "m", new BigDecimal(60), "s", BigDecimal.ONE, "ms", new BigDecimal("0.001"));
    private static final Duration LONGEST = Duration.ofDays(36_500);
    private static final Value NONE = new Value(null, null);

    private final Function<String, Optional<String>> source;

    /** @param source gives the value of a property, or empty */
    public WorkerProperties(Function<String, Optional<String>> source) {
        this.source = source;
    }

    /**
     * Those of the JVM ({@code -Dcarillon.worker.concurrency=4}), else of the environment ({@code CARILLON_WORKER_CONCURRENCY=4}).
     */
    public static WorkerProperties ofSystem() {
        return new WorkerProperties(name -> Optional.ofNullable(System.getProperty(name))
                .or(() -> Optional.ofNullable(
                        System.getenv(name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT)))));
    }

    /** A property and what it says; both null when nobody says anything. */
    private record Value(String name, String text) {
        <T> Optional<T> as(String allowed, Function<String, T> reader) {
            try {
                return text == null ? Optional.empty() : Optional.of(reader.apply(text));
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(name + " is '" + text + "', but must be " + allowed);
            }
        }

        Optional<Boolean> asBoolean() {
            return as("true or false", text -> switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException();
            });
        }
    }

    /** The first that says something. */
    private Value value(String... names) {
        for (String name : names) {
            Optional<String> text = source.apply(name).filter(said -> !said.isBlank());
            if (text.isPresent()) {
                return new Value(name, text.get().strip());
            }
        }
        return NONE;
    }

    /** The same; a list may also be written with a property for each: {@code name[0]}, {@code name[1]} and so on. */
    private Value list(String... names) {
        for (String name : names) {
            Value whole = value(name);
            if (whole != NONE) {
                return whole;
            }
            List<String> each = new ArrayList<>();
            for (Value next = value(name + "[0]"); next != NONE; next = value(name + "[" + each.size() + "]")) {
                each.add(next.text());
            }
            if (!each.isEmpty()) {
                return new Value(name, String.join(",", each));
            }
        }
        return NONE;
    }

    /** Whether there shall be a worker at all; true unless something says otherwise. */
    public boolean isEnabled() {
        return value(OURS + "enabled", BELLAS + "enabled").asBoolean().orElse(true);
    }

    /**
     * A worker as the properties say, without queues and without what does the work.
     *
     * @throws IllegalArgumentException when a value is wrong, naming the property, its value and what is allowed; or when there is
     *     no key
     */
    public WorkerBuilder builder() {
        WorkerBuilder builder = Worker.builder();
        value(OURS + "server", "carillon.url").as("an address such as http://host:8080", builder::server);
        Value key = value(OURS + "key", "carillon.key");
        if (key == NONE) {
            throw new IllegalArgumentException("A worker needs an API key with the role worker: " + OURS
                    + "key, or CARILLON_KEY in the environment");
        }
        // Not shown, also when it is wrong.
        new Value(key.name(), "...").as("printable ASCII without blanks", hidden -> builder.key(key.text()));
        value(OURS + "id").as("a name of 1 to 128 characters", builder::workerId);
        strategy().ifPresent(builder::strategy);
        value(OURS + "concurrency")
                .as("a whole number, 1 to 10000", text -> builder.concurrency(Integer.parseInt(text)));
        value(OURS + "lease").as("a time of at least 1s, such as 60s", text -> builder.lease(duration(text)));
        value(OURS + "heartbeat").as("a time of more than 0, such as 5s", text -> builder.heartbeat(duration(text)));
        value(OURS + "long-poll").as("a time of at most 60s, such as 20s", text -> builder.longPoll(duration(text)));
        value(OURS + "request-timeout")
                .as("a time of more than 0, such as 10s", text -> builder.requestTimeout(duration(text)));
        value(OURS + "shutdown-timeout").as("a time such as 30s", text -> builder.shutdownTimeout(duration(text)));
        value(OURS + "max-runs").as("a whole number, 0 or more", text -> builder.maxRuns(Long.parseLong(text)));
        value(OURS + "max-consecutive-errors")
                .as("a whole number, 0 or more", text -> builder.maxConsecutiveErrors(Integer.parseInt(text)));
        value(OURS + "event-bus").asBoolean().ifPresent(builder::eventBus);
        return builder;
    }

    private Optional<Strategy> strategy() {
        return value(OURS + "strategy", BELLAS + "scheduled.takeStrategy", BELLAS + "scheduled.take-strategy")
                .as("fifo, round_robin, active_passive or sequential", Strategy::of)
                // what Bella-Queue does when nothing is said
                .or(() -> isScheduled() ? Optional.of(Strategy.FIFO) : Optional.empty());
    }

    private boolean isScheduled() {
        return value(OURS + "scheduled.enabled", BELLAS + "scheduled.enabled")
                .asBoolean()
                .orElse(false);
    }

    /**
     * How it takes after pauses; empty when it shall wait at the server, which is better.
     *
     * @throws IllegalArgumentException when a value is wrong, as {@link #builder} has it
     */
    public Optional<ScheduledWorker.Properties> scheduled() {
        if (!isScheduled()) {
            return Optional.empty();
        }
        int size = value(OURS + "scheduled.size", BELLAS + "scheduled.size")
                .as("a whole number, 1 to 1000", text -> within(1, 1000, Integer.parseInt(text)))
                .orElse(1);
        long delay = value(OURS + "scheduled.delay")
                .as("a time such as 100ms", text -> duration(text).toMillis())
                .or(() -> value(
                                BELLAS + "scheduled.scheduleWorkerDelayMs",
                                BELLAS + "scheduled.schedule-worker-delay-ms")
                        .as("milliseconds, 0 or more", text ->
                                (long) within(0, Integer.MAX_VALUE, Integer.parseInt(text))))
                .orElse(100L);
        return Optional.of(new ScheduledWorker.Properties(
                true,
                value(BELLAS + "scheduled.endpoint").text(),
                queues(),
                strategy().orElseThrow().text(),
                size,
                delay));
    }

    private static int within(int least, int most, int number) {
        if (number < least || number > most) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    /**
     * The queues, each as {@link WorkerBuilder#queue} reads it; empty when none is named.
     *
     * @throws IllegalArgumentException when one is none, as {@link #builder} has it
     */
    public List<String> queues() {
        return namedQueues()
                .as(
                        "queues such as resize,deepseek-r1:0=3, each NAME[:LEVEL][=WEIGHT]",
                        text -> List.of(text.split("\\s*,\\s*")).stream()
                                .map(queue -> QueueShare.of(queue).toString())
                                .toList())
                .orElse(List.of());
    }

    private Value namedQueues() {
        return list(OURS + "queue", BELLAS + "scheduled.queues");
    }

    List<String> requireQueues() {
        List<String> queues = queues();
        if (queues.isEmpty()) {
            throw new IllegalArgumentException("A worker with a TaskExecutor needs the queues: " + OURS + "queue");
        }
        return queues;
    }

    /** A worker whose handlers name the queues would take tasks that it has no handler for. */
    void requireNoQueues() {
        Value named = namedQueues();
        if (named != NONE) {
            throw new IllegalArgumentException(
                    named.name() + " is '" + named.text()
                            + "', but must be left out: it is for a TaskExecutor; @Handles methods name their queues themselves");
        }
    }

    /**
     * Reads {@code 500ms}, {@code 30s}, {@code 1.5s}, {@code 5m}, {@code 1h30m}, or a number of seconds.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    public static Duration duration(String text) {
        String wanted = text.strip();
        if (wanted.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(wanted));
        }
        if (!wanted.matches("(?:" + PART + ")+")) {
            throw new IllegalArgumentException("'" + text + "' is no time; one is 500ms, 30s, 5m or 1h30m");
        }
        Duration whole = Duration.ZERO;
        Matcher part = PART.matcher(wanted);
        while (part.find()) {
            BigDecimal seconds = new BigDecimal(part.group(1)).multiply(SECONDS.get(part.group(2)));
            whole = whole.plusSeconds(seconds.longValue())
                    .plusNanos(
                            seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue());
        }
        if (whole.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("'" + text + "' is more than a hundred years");
        }
        return whole;
    }
}
