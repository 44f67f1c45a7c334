package io.carillon.batch;

import io.carillon.platform.concurrent.Stages;
import io.carillon.task.Groups;
import java.util.Optional;

/**
 * Whether workers get lines of a batch. The row of the batch is right, and Redis is told what it says: after each change of the
 * row, and again at each look, for whoever changed it may have died before Redis heard of it. Safe for many threads.
 */
class Gate {
    private static final int LOOKS = 5;
    private static final long PATIENCE_SECONDS = 10;

    private final BatchTable table;
    private final Groups groups;

    Gate(BatchTable table, Groups groups) {
        this.table = table;
        this.groups = groups;
    }

    /**
     * Tells Redis what the row of a batch says. Two who do so at once for different rows end with what the last one says,
     * because each looks at the row once more.
     *
     * @throws io.carillon.platform.error.Refused when a store does not answer
     */
    void tell(Batch batch) {
        Batch seen = batch;
        for (int look = 0; look < LOOKS && seen.queue().isPresent(); look++) {
            int queue = seen.queue().getAsInt();
            String group = seen.id().text();
            boolean closed = isClosed(seen);
            Stages.await(closed ? groups.stop(queue, group) : groups.goOn(queue, group), PATIENCE_SECONDS);
            Optional<Batch> now = table.find(batch.id());
            if (now.isEmpty() || isClosed(now.get()) == closed) {
                return;
            }
            seen = now.get();
        }
    }

    private static boolean isClosed(Batch batch) {
        return switch (batch.state()) {
            case VALIDATING, IN_PROGRESS -> batch.paused();
            case CANCELLING, FINALIZING -> true;
            case COMPLETED, FAILED, EXPIRED, CANCELLED -> false;
        };
    }
}
