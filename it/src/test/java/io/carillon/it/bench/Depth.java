package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;

/** Whether the life of a task costs more when many others wait. */
final class Depth {
    private static final int FEW = 1_000;
    private static final int MANY = 1_000_000;
    private static final int MOST = 30_000;
    private static final int CLIENTS = 16;

    private Depth() {}

    static Measured measure(Environment environment) throws IOException {
        String shallow = filled(environment, FEW);
        Figures few = lives(environment, shallow, FEW);
        String deep = filled(environment, MANY);
        Figures many = lives(environment, deep, MANY);
        Figures status = Status.of(environment, deep, 1);
        return new Measured(
                Figures.number(many.cpuPerThousand() / few.cpuPerThousand()) + " times the CPU; "
                        + Figures.count(many.perSecond()) + "/s against " + Figures.count(few.perSecond())
                        + "/s; status read " + Figures.count(status.perSecond()) + "/s" + many.errorText(),
                "1,000: " + few.cpuText() + "; 1,000,000: " + many.cpuText());
    }

    private static String filled(Environment environment, int tasks) throws IOException {
        String queue = environment.newQueue();
        environment.fill(queue, 1, tasks);
        return queue;
    }

    private static Figures lives(Environment environment, String queue, int waiting) throws IOException {
        return environment.measure(
                "life",
                "put, take and complete with " + waiting + " waiting",
                MOST,
                limit -> load(environment, queue, limit));
    }

    private static Load load(Environment environment, String queue, Limit limit) {
        Load load = new Load(environment.target());
        return load.clients(CLIENTS, () -> new Life(load, queue, limit));
    }

    /** Puts a task, takes the oldest, completes that, and so on. Counts tasks that were completed. */
    private static final class Life implements Client {
        private enum Step {
            PUT,
            TAKE,
            COMPLETE
        }

        private final Load load;
        private final Limit limit;
        private final Request put;
        private final Request take;
        private Step sent = Step.COMPLETE;

        Life(Load load, String queue, Limit limit) {
            this.load = load;
            this.limit = limit;
            this.put = load.target().post("/v1/queue/put", Bodies.put(queue, 1));
            this.take = load.target().post("/v1/queue/take", Bodies.take(queue, 1, 1, 0));
        }

        @Override
        public Request next(Response answer) {
            if (answer != null) {
                load.tally().count(answer, sent == Step.COMPLETE ? 1 : 0);
            }
            if (sent == Step.PUT) {
                sent = Step.TAKE;
                return take;
            }
            if (sent == Step.TAKE) {
                String task = answer.taskIds(null).stream().findFirst().orElse(null);
                if (task != null) {
                    sent = Step.COMPLETE;
                    return load.target().post(Bodies.complete(task), Bodies.result());
                }
                load.tally().error("nothing to take: " + answer);
            }
            sent = Step.PUT;
            return limit.next() ? put : null;
        }
    }
}
