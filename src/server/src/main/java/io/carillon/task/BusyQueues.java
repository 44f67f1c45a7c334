package io.carillon.task;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which queues deserve a look now. Looking at a queue costs the stores something even when nothing is there, and a server
 * may have thousands of queues of which few are in use: those that this instance used since they were seen idle are looked
 * at each time, the others each {@value #RARELY}th time, for another instance may have used them and died. Safe for many
 * threads.
 */
class BusyQueues {
    /** Looks at busy queues for each look at an idle one; the same for sweeps. */
    static final int RARELY = 10;

    private static final long NEVER = -1;

    private static final class Use {
        final AtomicLong times = new AtomicLong();
        volatile long timesWhenIdle = NEVER;
        /** Of the sweep alone, which is one thread at a time. */
        volatile long timesWhenSwept = NEVER;

        volatile int sweepsSince;
    }

    private final ConcurrentHashMap<Integer, Use> uses = new ConcurrentHashMap<>();

    /** This instance has done something with the queue, or tried to: whoever looked before may have missed it. */
    void used(int queue) {
        use(queue).times.incrementAndGet();
    }

    /**
     * Whether to look at a queue.
     *
     * @param look which look this is, counted from any number
     */
    boolean isDue(int queue, long look) {
        Use use = use(queue);
        return use.timesWhenIdle != use.times.get() || (look + queue) % RARELY == 0;
    }

    /** How often the queue was used, for {@link #looked}: to be asked before the look. */
    long times(int queue) {
        return use(queue).times.get();
    }

    /**
     * A look at a queue is over.
     *
     * @param times what {@link #times} said before it
     * @param idle whether the queue has nothing that time or a crash touches
     */
    void looked(int queue, long times, boolean idle) {
        use(queue).timesWhenIdle = idle ? times : NEVER;
    }

    /**
     * Counts a sweep, and says whether it is to mend what a crash may have left of the queue: so it is for some sweeps after
     * the last use, and rarely then. For one thread.
     */
    boolean sweep(int queue) {
        Use use = use(queue);
        long times = use.times.get();
        if (use.timesWhenSwept != times || use.timesWhenIdle != times) {
            use.timesWhenSwept = times;
            use.sweepsSince = 0;
            return true;
        }
        use.sweepsSince++;
        return use.sweepsSince < RARELY || (use.sweepsSince + queue) % RARELY == 0;
    }

    private Use use(int queue) {
        return uses.computeIfAbsent(queue, none -> new Use());
    }
}
