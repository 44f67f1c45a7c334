package io.carillon.it.bench;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** A worker that waits for tasks and answers each, until its load is over. */
final class Worker implements Client {
    private static final int WAIT = 1;

    private final Deque<String> taken = new ArrayDeque<>();
    private final Load load;
    private final Request take;
    private final long work;
    private final Consumer<Response> onTaken;
    private boolean taking = true;

    /**
     * @param size how many tasks it takes at once
     * @param work how many ns it needs for them
     * @param onTaken sees each answer to a take
     */
    Worker(Load load, String queue, int level, int size, long work, Consumer<Response> onTaken) {
        this.load = load;
        this.take = load.target().post("/v1/queue/take", Bodies.take(queue, level, size, WAIT));
        this.work = work;
        this.onTaken = onTaken;
    }

    @Override
    public Request next(Response answer) {
        if (answer != null && !answer.ok()) {
            load.tally().error("worker: " + answer);
        } else if (answer != null && taking) {
            onTaken.accept(answer);
            taken.addAll(answer.taskIds(null));
        }
        long pause = taking ? work : 0;
        taking = taken.isEmpty();
        if (!taking) {
            return load.target()
                    .post(Bodies.complete(taken.poll()), Bodies.result())
                    .after(pause);
        }
        return load.over() ? null : take;
    }
}
