package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.Optional;

/** Clients that put one task after the other. */
final class Puts {
    /** Below what one queue lets wait of online tasks. */
    private static final int MOST = 90_000;

    private Puts() {}

    static Measured few(Environment environment, int level) throws IOException {
        Figures some = warm(environment, level, 16);
        Figures many = warm(environment, level, 64);
        return new Measured(text(some) + "; " + text(many), "16: " + some.cpuText() + "; 64: " + many.cpuText());
    }

    private static String text(Figures figures) {
        return figures.what().replaceFirst(".*, ", "") + ": " + Figures.count(figures.perSecond()) + "/s, p99 "
                + Figures.number(figures.tally().ms(0.99)) + " ms" + Rows.errors(figures);
    }

    /** So many clients at a warm server. */
    static Figures warm(Environment environment, int level, int clients) throws IOException {
        String name = "put level " + level + ", " + clients + " clients";
        return environment.once(name, () -> {
            Optional<Limit> warmUp = environment.warmUp("put-" + level);
            if (warmUp.isPresent()) {
                environment.say(load(environment, level, clients, warmUp.get()).run("warm-up"));
            }
            return load(environment, level, clients, environment.limit(MOST)).run(name);
        });
    }

    static Load load(Environment environment, int level, int clients, Limit limit) throws IOException {
        Target target = environment.target();
        Request put = target.post("/v1/queue/put", Bodies.put(environment.newQueue(), level));
        return new Load(target).repeating(clients, limit, put);
    }
}
