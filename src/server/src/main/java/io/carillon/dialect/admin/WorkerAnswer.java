package io.carillon.dialect.admin;

import io.carillon.worker.SeenWorker;
import io.carillon.worker.WorkerReport;
import java.util.List;
import java.util.Locale;

/**
 * A worker on the wire. Instants are in ms since 1970; what it has not said is left out.
 *
 * @param status {@code active} (it has tasks), {@code idle}, {@code draining}, {@code ended} or {@code offline}
 * @param key the public id of its key
 */
public record WorkerAnswer(
        String id,
        String status,
        boolean alive,
        String key,
        String host,
        Long pid,
        String kind,
        String version,
        String runtime,
        List<String> queues,
        Integer capacity,
        Integer running,
        Long startedAt,
        long firstSeen,
        long lastSeen,
        String lastError) {

    static WorkerAnswer of(SeenWorker worker) {
        WorkerReport report = worker.report().orElse(null);
        boolean said = report != null;
        return new WorkerAnswer(
                worker.id(),
                status(worker),
                worker.isAlive(),
                worker.keyId(),
                said ? report.host() : null,
                said ? report.pid() : null,
                said ? report.kind() : null,
                said ? report.version() : null,
                said ? report.runtime() : null,
                said ? report.queues() : null,
                said ? report.capacity() : null,
                said ? report.running() : null,
                said ? report.started() : null,
                worker.firstSeen(),
                worker.lastSeen(),
                said ? report.lastError() : null);
    }

    static String status(SeenWorker worker) {
        return worker.status().name().toLowerCase(Locale.ROOT);
    }

    /**
     * What a worker has done since it started.
     *
     * @param claimed tasks that it was given
     * @param completed results that were accepted
     * @param failed attempts that it handed back as failed
     * @param refused results that came too late
     * @param released tasks that it handed back unharmed
     * @param cancelled tasks that were taken away from it
     * @param successRate percent of what it ended; null when that is nothing
     * @param avgDurationMs time of a task from take to end; null when there was none
     */
    public record Stats(
            String workerId,
            String status,
            long firstSeen,
            long lastSeen,
            long claimed,
            long completed,
            long failed,
            long refused,
            long released,
            long cancelled,
            int inProgress,
            Double successRate,
            Long avgDurationMs,
            Double tasksPerMinute) {
        private static final double MINUTE = 60_000;

        static Stats of(SeenWorker worker) {
            WorkerReport report = worker.report()
                    .orElse(new WorkerReport(
                            null, 0, null, null, null, null, 0, 0, null, 0, 0, 0, 0, 0, 0, 0, 0, null));
            long ended = report.completed() + report.failed();
            long all = ended + report.refused() + report.cancelled() + report.released();
            long up = worker.lastSeen() - report.started();
            return new Stats(
                    worker.id(),
                    WorkerAnswer.status(worker),
                    worker.firstSeen(),
                    worker.lastSeen(),
                    report.taken(),
                    report.completed(),
                    report.failed(),
                    report.refused(),
                    report.released(),
                    report.cancelled(),
                    report.running(),
                    ended == 0 ? null : Math.round(1000.0 * report.completed() / ended) / 10.0,
                    all == 0 ? null : report.busyMillis() / all,
                    report.started() == 0 || up <= 0 ? null : Math.round(10 * MINUTE * report.completed() / up) / 10.0);
        }
    }
}
