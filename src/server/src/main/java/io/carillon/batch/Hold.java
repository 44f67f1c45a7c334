package io.carillon.batch;

import io.carillon.platform.concurrent.Ticks;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;

/**
 * A claim on a batch while work on it goes on, however long one piece of it takes: it renews the claim beside the work until
 * it is closed, and says when the work is in vain. An instance that dies or stands still renews nothing.
 */
final class Hold implements AutoCloseable {
    private static final Duration EACH = BatchTable.CLAIM.dividedBy(6);

    private final BatchTable table;
    private final Batch batch;
    private final Ticks ticks;
    private volatile boolean lost;
    private boolean closed;

    /** @param batch as it was claimed */
    Hold(BatchTable table, Batch batch, ScheduledExecutorService scheduler) {
        this.table = table;
        this.batch = batch;
        this.ticks = Ticks.start(scheduler, "The claim on " + batch.id(), EACH, EACH, this::renew);
    }

    /** Somebody else has the batch, or it goes another way by now. */
    static final class Lost extends RuntimeException {
        Lost(Batch batch) {
            super(batch.id() + " is somebody else's or goes another way", null, false, false);
        }
    }

    private synchronized void renew() {
        lost = lost || !closed && !table.renew(batch);
    }

    /**
     * Costs next to nothing, so that it can be called for each line.
     *
     * @throws Lost when the work shall end
     */
    void check() {
        if (lost) {
            throw new Lost(batch);
        }
    }

    /** From its end on the claim is not renewed. */
    @Override
    public synchronized void close() {
        closed = true;
        ticks.stop();
    }
}
