package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;

/** Clients that put one task after the other. */
final class Puts {
    /** Below what one queue lets wait of online tasks. */
    private static final int MOST = 90_000;

    private Puts() {}

    static Measured few(Environment environment, int level) throws IOException {
        Figures few = warm(environment, level, 16);
        Figures many = warm(environment, level, 64);
        return new Measured(
                "16 clients: " + text(few) + "; 64: " + text(many), "16: " + few.cpuText() + "; 64: " + many.cpuText());
    }

    private static String text(Figures figures) {
        return Figures.count(figures.perSecond()) + "/s, p99 "
                + Figures.number(figures.tally().ms(0.99)) + " ms" + figures.errorText();
    }

    /** So many clients at a warm server. */
    static Figures warm(Environment environment, int level, int clients) throws IOException {
        return environment.measure(
                "put-" + level,
                "put level " + level + ", " + clients + " clients",
                MOST,
                limit -> load(environment, level, clients, limit));
    }

    static Load load(Environment environment, int level, int clients, Limit limit) throws IOException {
        Target target = environment.target();
        Request put = target.post("/v1/queue/put", Bodies.put(environment.newQueue(), level));
        return new Load(target).repeating(clients, limit, put);
    }
}
