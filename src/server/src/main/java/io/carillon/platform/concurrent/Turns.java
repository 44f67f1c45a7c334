package io.carillon.platform.concurrent;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs a piece of work on an executor, never twice at once, and always once more after the last request for it. Any
 * number of requests that come while it runs cost one run.
 */
public class Turns {
    private final Executor executor;
    private final Runnable work;
    private final AtomicInteger wanted = new AtomicInteger();

    /** @param work must not throw */
    public Turns(Executor executor, Runnable work) {
        this.executor = executor;
        this.work = work;
    }

    /** Asks for a run. Costs next to nothing and never blocks. */
    public void request() {
        if (wanted.getAndIncrement() == 0) {
            try {
                executor.execute(this::run);
            } catch (RejectedExecutionException | IllegalStateException full) {
                wanted.set(0);
            }
        }
    }

    private void run() {
        int seen;
        do {
            seen = wanted.get();
            work.run();
        } while (wanted.addAndGet(-seen) > 0);
    }
}
