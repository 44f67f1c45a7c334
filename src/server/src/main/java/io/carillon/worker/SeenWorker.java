package io.carillon.worker;

import java.time.Duration;
import java.util.Optional;

/**
 * A worker that has said that it lives.
 *
 * @param keyId the public id of its key
 * @param report what it said last; empty for one that says nothing of itself
 * @param firstSeen ms since 1970
 * @param lastSeen ms since 1970
 * @param silence for how long it has said nothing
 * @param drains whether it was asked to finish
 */
public record SeenWorker(
        String id,
        String keyId,
        Optional<WorkerReport> report,
        long firstSeen,
        long lastSeen,
        Duration silence,
        boolean drains) {
    /** Our own workers speak each five seconds. */
    static final Duration DEAD_AFTER = Duration.ofSeconds(30);

    static final String ENDED = "ended";

    /** What a worker is doing. */
    public enum Status {
        /** It has tasks. */
        ACTIVE,
        /** It has none. */
        IDLE,
        /** It finishes what it has and takes no more. */
        DRAINING,
        /** It said farewell. */
        ENDED,
        /** It has been silent for half a minute. */
        OFFLINE
    }

    /** Whether it is there. */
    public boolean isAlive() {
        Status status = status();
        return status != Status.OFFLINE && status != Status.ENDED;
    }

    /** What it is doing, as far as one knows. */
    public Status status() {
        if (report.map(WorkerReport::state).filter(ENDED::equals).isPresent()) {
            return Status.ENDED;
        }
        if (silence.compareTo(DEAD_AFTER) > 0) {
            return Status.OFFLINE;
        }
        if (drains) {
            return Status.DRAINING;
        }
        return report.filter(said -> said.running() > 0).isPresent() ? Status.ACTIVE : Status.IDLE;
    }
}
