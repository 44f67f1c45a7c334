package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** How long it takes from when a task is sent until a worker who waits has it. */
final class PickUp {
    private static final byte[] SENT = "\"sent\":\"".getBytes(UTF_8);
    private static final int MOST = 1_500;
    private static final int WORKERS = 8;
    /** Between two puts, so that a worker waits for each. */
    private static final long REST = TimeUnit.MILLISECONDS.toNanos(5);

    private PickUp() {}

    static Measured measure(Environment environment) throws IOException {
        Figures figures =
                environment.measure("pick-up", "level 1, put to taken", MOST, limit -> load(environment, limit));
        return new Measured(
                Figures.number(figures.tally().ms(0.95)) + " ms (p50 "
                        + Figures.number(figures.tally().ms(0.5)) + ", p99 "
                        + Figures.number(figures.tally().ms(0.99)) + ")" + figures.errorText(),
                figures.cpuText());
    }

    private static Load load(Environment environment, Limit limit) throws IOException {
        Target target = environment.target();
        String queue = environment.newQueue();
        Load load = new Load(target);
        load.workers(WORKERS, () -> Worker.of(load, Bodies.take(queue, 1, 1, 1)).onTaken(answer -> {
            String sent = answer.textAfter(SENT);
            if (sent != null) {
                load.tally().done(1);
                load.tally().time(System.nanoTime() - Long.parseLong(sent));
            }
        }));
        return load.clients(1, () -> answer -> {
            if (answer != null && !answer.ok()) {
                load.tally().error(answer.toString());
            }
            return limit.next() ? put(target, queue).after(REST) : null;
        });
    }

    private static Request put(Target target, String queue) {
        String data = "{\"sent\":\"" + (System.nanoTime() + REST) + "\"," + Bodies.DATA.substring(1);
        return target.post("/v1/queue/put", Bodies.put(queue, 1, data, "callback"));
    }
}
