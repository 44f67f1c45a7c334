package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.List;

/** Clients that put and complete many tasks with each request. */
final class Many {
    /** Tasks of a request. */
    static final int SIZE = 100;

    private static final int CLIENTS = 8;
    private static final int TASKS = 60_000;
    private static final int MOST = 200_000;
    private static final byte[] PUT = "\"code\":200".getBytes(UTF_8);
    private static final byte[] ACCEPTED = "\"accepted\":true".getBytes(UTF_8);
    private static final byte[] TASKS_TAKEN = "\"tasks\":{".getBytes(UTF_8);

    private Many() {}

    static Measured put(Environment environment) throws IOException {
        return text(environment.measure(
                "put-many",
                "put-many of " + SIZE + ", level 1, " + CLIENTS + " clients",
                MOST / SIZE,
                limit -> putting(environment, limit)));
    }

    private static Load putting(Environment environment, Limit limit) throws IOException {
        Target target = environment.target();
        Request request = target.post("/v1/queue/put-many", Bodies.putMany(environment.newQueue(), 1, SIZE));
        return putting(new Load(target), request, limit);
    }

    /** Clients that put the same tasks again and again; the load counts tasks. */
    static Load putting(Load load, Request request, Limit limit) {
        return load.clients(CLIENTS, () -> answer -> {
            if (answer != null) {
                int put = answer.count(PUT);
                load.tally().count(answer, put);
                if (answer.ok() && put < SIZE) {
                    load.tally().error(answer.toString());
                }
            }
            return limit.next() ? request : null;
        });
    }

    static Measured complete(Environment environment) throws IOException {
        return text(environment.measure(
                "complete-many",
                "complete-many of " + SIZE + " with take, level 1, " + CLIENTS + " clients",
                MOST / SIZE,
                limit -> completing(environment, limit)));
    }

    /** Clients that complete what they got with the answer before, and take more with the same request. */
    private static Load completing(Environment environment, Limit limit) throws IOException {
        Target target = environment.target();
        String queue = environment.newQueue();
        environment.fill(queue, 1, TASKS);
        String take = Bodies.take(queue, 1, SIZE, 0);
        Load load = new Load(target);
        return load.clients(CLIENTS, () -> new Client() {
            private int sent;

            @Override
            public Request next(Response answer) {
                List<String> taken = List.of();
                if (answer != null) {
                    int accepted = answer.count(ACCEPTED);
                    load.tally().count(answer, accepted);
                    if (answer.ok() && accepted < sent) {
                        load.tally().error(answer.toString());
                    }
                    taken = answer.taskIds(TASKS_TAKEN);
                    if (taken.isEmpty()) {
                        return null;
                    }
                }
                sent = taken.size();
                return limit.next() ? target.post("/v1/queue/complete-many", Bodies.completeMany(taken, take)) : null;
            }
        });
    }

    private static Measured text(Figures figures) {
        return new Measured(
                Figures.count(figures.perSecond()) + " tasks/s, p99 "
                        + Figures.number(figures.tally().ms(0.99)) + " ms a call" + figures.errorText(),
                figures.cpuText());
    }
}
