package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.time.Duration;

/** Callers that wait for the answer of a worker. */
final class Blocking {
    private static final byte[] ANSWER = "{\"text\":\"xxx".getBytes(UTF_8);

    private static final int MOST = 100_000;

    private Blocking() {}

    /** One caller, and a worker that answers at once. */
    static Measured one(Environment environment) throws IOException {
        Figures figures = warm(environment, 1, 1, Duration.ZERO);
        return new Measured(
                Figures.number(figures.tally().ms(0.5)) + " ms (p99 "
                        + Figures.number(figures.tally().ms(0.99)) + "), " + lost(figures),
                figures.cpuText());
    }

    /** Many callers, and workers that need 5 ms for up to ten tasks. */
    static Measured many(Environment environment) throws IOException {
        Figures figures = warm(environment, 64, 8, Duration.ofMillis(5));
        return new Measured(
                Figures.count(figures.perSecond()) + "/s, p50 "
                        + Figures.number(figures.tally().ms(0.5)) + ", p99 "
                        + Figures.number(figures.tally().ms(0.99)) + " ms, " + lost(figures),
                figures.cpuText());
    }

    private static String lost(Figures figures) {
        int lost = figures.tally().failed();
        return "lost " + lost + " of " + Figures.count(figures.tally().done() + lost)
                + (lost > 0 ? " " + figures.tally().errors() : "");
    }

    private static Figures warm(Environment environment, int callers, int workers, Duration work) throws IOException {
        return environment.measure(
                "blocking-" + callers,
                "blocking, " + callers + " callers",
                MOST,
                limit -> load(environment, callers, workers, work, limit));
    }

    private static Load load(Environment environment, int callers, int workers, Duration work, Limit limit)
            throws IOException {
        Target target = environment.target();
        String queue = environment.newQueue();
        Request put = target.post("/v1/queue/put", put(queue, 20));
        Load load = new Load(target);
        load.workers(
                workers, () -> Worker.of(load, Bodies.take(queue, 0, 10, 1)).working(work));
        return load.clients(callers, () -> answer -> {
            if (answer != null && answer.ok() && answer.count(ANSWER) == 0) {
                load.tally().error("not the worker's answer: " + answer);
            } else if (answer != null) {
                load.tally().count(answer);
            }
            return limit.next() ? put : null;
        });
    }

    /** @param seconds that the caller waits at most */
    static String put(String queue, int seconds) {
        return Bodies.put(queue, 0, Bodies.DATA, "blocking").replace("\"timeout\":3600", "\"timeout\":" + seconds);
    }
}
