package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Workers that take ten tasks and complete each with a request of its own. */
final class Takes {
    private static final int SIZE = 10;
    private static final int TASKS = 20_000;

    private Takes() {}

    static Measured few(Environment environment) throws IOException {
        Figures figures = warm(environment, 16);
        return new Measured(
                Figures.count(figures.perSecond()) + " tasks/s, complete p50 "
                        + Figures.number(figures.tally().ms(0.5)) + ", p99 "
                        + Figures.number(figures.tally().ms(0.99)) + " ms" + figures.errorText(),
                figures.cpuText());
    }

    static Measured crowd(Environment environment) throws IOException {
        Figures few = warm(environment, 16);
        Figures crowd = warm(environment, 256);
        return new Measured(
                Figures.number(crowd.perSecond() / few.perSecond()) + ": " + Figures.count(crowd.perSecond())
                        + " tasks/s, p99 " + Figures.number(crowd.tally().ms(0.99)) + " ms" + crowd.errorText(),
                crowd.cpuText());
    }

    private static Figures warm(Environment environment, int workers) throws IOException {
        return environment.measure(
                "take",
                "take " + SIZE + " and complete each, level 1, " + workers + " workers",
                2 * TASKS,
                limit -> load(environment, workers, limit));
    }

    private static Load load(Environment environment, int workers, Limit limit) throws IOException {
        String queue = environment.newQueue();
        environment.fill(queue, 1, TASKS);
        Load load = new Load(environment.target());
        return load.clients(workers, () -> new Taker(load, queue, limit));
    }

    /** Counts tasks that were completed; ends when there are no more. */
    private static final class Taker implements Client {
        private final Deque<String> taken = new ArrayDeque<>();
        private final Load load;
        private final Limit limit;
        private final Request take;
        private boolean taking;

        Taker(Load load, String queue, Limit limit) {
            this.load = load;
            this.limit = limit;
            this.take = load.target().post("/v1/queue/take", Bodies.take(queue, 1, SIZE, 0));
        }

        @Override
        public Request next(Response answer) {
            if (answer != null && !taking) {
                load.tally().count(answer);
            } else if (answer != null) {
                if (!answer.ok()) {
                    load.tally().error(answer.toString());
                }
                taken.addAll(answer.taskIds(null));
                if (answer.ok() && taken.isEmpty()) {
                    return null;
                }
            }
            if (!limit.next()) {
                return null;
            }
            taking = taken.isEmpty();
            return taking ? take : load.target().post(Bodies.complete(taken.poll()), Bodies.result());
        }
    }
}
