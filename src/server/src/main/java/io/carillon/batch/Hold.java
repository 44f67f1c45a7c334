package io.carillon.batch;

import java.time.Duration;

/**
 * A claim on a batch while long work on it goes on: it renews the claim from time to time, and ends the work when that is
 * in vain. For one thread.
 */
final class Hold implements Runnable {
    private static final long EACH = Duration.ofSeconds(2).toNanos();
    private static final int LOOK = 256;

    private final BatchTable table;
    private final Batch batch;
    private long renewed = System.nanoTime();
    private int calls;

    Hold(BatchTable table, Batch batch) {
        this.table = table;
        this.batch = batch;
    }

    /** Somebody else has the batch, or it goes another way by now. */
    static final class Lost extends RuntimeException {
        Lost(Batch batch) {
            super(batch.id() + " is somebody else's or goes another way", null, false, false);
        }
    }

    /**
     * Cheap, so that it can be called for each line.
     *
     * @throws Lost when the work shall end
     */
    @Override
    public void run() {
        if (++calls % LOOK == 0) {
            renewIfDue();
        }
    }

    /** @throws Lost when the work shall end */
    void renewIfDue() {
        long now = System.nanoTime();
        if (now - renewed > EACH) {
            renewed = now;
            if (!table.renew(batch)) {
                throw new Lost(batch);
            }
        }
    }
}
