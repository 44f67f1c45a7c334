package io.carillon.it.bench;

import io.carillon.standalone.Standalone;
import io.carillon.stores.Cache;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where rows are measured: a server, started as the launcher starts it or running already, and what is known of it. */
final class Environment implements AutoCloseable {
    /** Something that is measured once and used by several rows. */
    @FunctionalInterface
    interface Measurement {
        Figures run() throws IOException;
    }

    private static final int MOST = 100_000;
    /** After so many requests of a kind the server's compiler has done nearly all it can. */
    private static final int WARM = 40_000;

    private final Map<String, Figures> known = new HashMap<>();
    private final Set<String> warm = new HashSet<>();
    private final Options options;
    private final Path data;
    private Standalone started;
    private Target target;
    private int queues;

    private Environment(Options options) {
        this.options = options;
        this.data = options.data().orElse(Path.of("target", "bench").toAbsolutePath());
    }

    static Environment open(Options options) throws IOException {
        Environment environment = new Environment(options);
        if (options.url().isPresent()) {
            environment.target =
                    new Target(options.url().get(), options.key().orElse(null), Processes.of(environment.data));
        } else {
            if (options.data().isEmpty()) {
                Cache.removeTree(environment.data);
            }
            environment.start();
        }
        return environment;
    }

    private void start() throws IOException {
        Standalone.Builder builder = Standalone.builder();
        System.getenv().forEach((name, value) -> {
            if (name.startsWith("CARILLON_")) {
                builder.env(name, value);
            }
        });
        started = builder.port(0).dataDirectory(data).start();
        target = new Target(started.url(), started.adminKey(), Processes.of(data));
    }

    Target target() {
        return target;
    }

    /** Whether the server is ours, so that it can be stopped. */
    boolean isOurs() {
        return started != null;
    }

    /**
     * Stops everything and starts it again, on what is there already.
     *
     * @return how long the start took until it was ready
     */
    Duration restart() throws IOException {
        started.stop();
        warm.clear();
        long start = System.nanoTime();
        start();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** A queue that is registered just now. */
    String newQueue() throws IOException {
        String name = "bench-" + Long.toString(System.currentTimeMillis(), 36) + "-" + queues++;
        call(target.post("/v1/queue/register", Bodies.register(name)));
        return name;
    }

    /** Puts so many tasks. */
    void fill(String queue, int level, int tasks) throws IOException {
        Load load = new Load(target);
        Request request = target.post("/v1/queue/put-many", Bodies.putMany(queue, level, Many.SIZE));
        Limit limit = new Limit(Duration.ofMinutes(8), tasks / Many.SIZE);
        Figures filled = Many.putting(load, request, limit).run("fill");
        if (filled.tally().done() < tasks) {
            throw new IllegalStateException("The queue could not be filled: " + filled);
        }
    }

    /** One request, which must be answered well. */
    String call(Request request) throws IOException {
        Load load = new Load(target);
        String[] text = new String[1];
        load.clients(1, () -> answer -> {
            if (answer == null) {
                return request;
            }
            load.tally().count(answer);
            text[0] = answer.text();
            return null;
        });
        Figures figures = load.run("call");
        if (figures.tally().failed() > 0) {
            throw new IllegalStateException("The server refused a request of the benchmark: "
                    + figures.tally().errors());
        }
        return text[0];
    }

    /** As long as a measurement takes. */
    Limit limit() {
        return limit(MOST);
    }

    /** The same, and so many times at most. */
    Limit limit(int times) {
        return new Limit(options.time(), times);
    }

    /** A directory for those who start something beside the server. */
    Path directory() {
        return data.resolve("run");
    }

    /** As long as the server is to be warmed up with a kind of load; empty when it is warm. */
    Optional<Limit> warmUp(String kind) {
        return warm.add(kind) && !options.warmUp().isZero()
                ? Optional.of(new Limit(options.warmUp(), WARM))
                : Optional.empty();
    }

    /** Measures it, unless it has been; says what was found. */
    Figures once(String name, Measurement measurement) throws IOException {
        Figures figures = known.get(name);
        if (figures == null) {
            figures = measurement.run();
            known.put(name, figures);
            say(figures);
        }
        return figures;
    }

    /** Says how it goes, while the table is not ready. */
    void say(Object line) {
        System.err.println("  " + line);
    }

    @Override
    public void close() {
        if (started != null) {
            started.stop();
        }
    }
}
