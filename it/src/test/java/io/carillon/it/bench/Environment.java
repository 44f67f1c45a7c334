package io.carillon.it.bench;

import io.carillon.standalone.Standalone;
import io.carillon.stores.Cache;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Where rows are measured: a server, started as the launcher starts it or running already, and what is known of it. */
final class Environment implements AutoCloseable {
    /** Makes a load that ends at the limit. */
    @FunctionalInterface
    interface Loading {
        Load until(Limit limit) throws IOException;
    }

    /** After so many requests of a kind the server's compiler has done nearly all it can. */
    private static final int WARM = 100_000;

    private final Map<String, Figures> known = new HashMap<>();
    private final Set<String> warm = new HashSet<>();
    private final Options options;
    private final Path data;
    private Standalone started;
    private Target target;
    private int queues;
    private double others;

    private Environment(Options options) {
        this.options = options;
        this.data = options.data().orElse(Path.of("target", "bench").toAbsolutePath());
    }

    static Environment open(Options options) throws IOException {
        Environment environment = new Environment(options);
        if (options.url().isPresent()) {
            Processes processes = options.data().isPresent() ? Processes.of(environment.data) : new Processes(Map.of());
            environment.target = new Target(options.url().get(), options.key().orElse(null), processes);
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
        target.call(target.post("/v1/queue/register", Bodies.register(name)));
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

    /**
     * Measures a load, unless that has been done; before that the server gets warm, unless it is.
     *
     * @param kind of load, for which the server has to get warm once
     * @param most requests
     */
    Figures measure(String kind, String what, int most, Loading load) throws IOException {
        Figures figures = known.get(what);
        if (figures == null) {
            if (isCold(kind)) {
                say(load.until(new Limit(options.warmUp(), Math.min(most, WARM)))
                        .run("warm-up"));
            }
            figures = load.until(new Limit(options.time(), most)).run(what);
            known.put(what, figures);
            others = Math.max(others, figures.others());
            say(figures);
        }
        return figures;
    }

    /** Whether the server has not had that kind of load; it has from now on. */
    boolean isCold(String kind) {
        return warm.add(kind) && !options.warmUp().isZero();
    }

    /** Which share of the machine others used at most while something was measured. */
    double others() {
        return others;
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
