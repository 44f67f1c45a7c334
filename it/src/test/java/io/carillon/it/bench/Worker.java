package io.carillon.it.bench;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A worker that waits for tasks and answers each, until it is over. */
final class Worker implements Client {
    private final Deque<String> taken = new ArrayDeque<>();
    private final Target target;
    private final Tally tally;
    private final BooleanSupplier over;
    private final Request take;
    private long work;
    private Consumer<Response> onTaken = answer -> {};
    private boolean taking = true;

    /**
     * @param tally counts what went wrong
     * @param take the body of its takes
     */
    Worker(Target target, Tally tally, BooleanSupplier over, String take) {
        this.target = target;
        this.tally = tally;
        this.over = over;
        this.take = target.post("/v1/queue/take", take);
    }

    /** One that works for the callers of a load. */
    static Worker of(Load load, String take) {
        return new Worker(load.target(), load.tally(), load::over, take);
    }

    /** Lets it work so long for what one take brings. */
    Worker working(Duration time) {
        work = time.toNanos();
        return this;
    }

    /** Lets somebody see each answer to a take. */
    Worker onTaken(Consumer<Response> who) {
        onTaken = who;
        return this;
    }

    @Override
    public Request next(Response answer) {
        if (answer != null && !answer.ok()) {
            tally.error("worker: " + answer);
        } else if (answer != null && taking) {
            onTaken.accept(answer);
            taken.addAll(answer.taskIds(null));
        }
        long pause = taking ? work : 0;
        taking = taken.isEmpty();
        if (!taking) {
            return target.post(Bodies.complete(taken.poll()), Bodies.result()).after(pause);
        }
        return over.getAsBoolean() ? null : take;
    }
}
