package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.worker.WorkerReport;
import java.util.List;

/**
 * Renews a worker's leases.
 *
 * @param worker as it named itself when it took the tasks
 * @param leases at most 1,000
 * @param report what it says of itself, or null
 */
record HeartbeatRequest(String worker, List<Claimed> leases, WorkerReport report) {
    private static final int MOST_LEASES = 1000;
    private static final int MOST_WORKER_ID = 128;

    /** A lease that a worker believes to have; the id may be any text. */
    record Claimed(String taskId, int attempt) {}

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}, naming the culprit
     */
    static HeartbeatRequest of(byte[] body, int depth) {
        String worker = null;
        List<Claimed> leases = null;
        WorkerReport report = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "worker_id" -> worker = fields.text();
                case "leases" -> leases = fields.objects(MOST_LEASES, HeartbeatRequest::claimed);
                case "report" -> report = ReportRequest.of(fields.object());
                default -> {}
            }
        }
        Texts.required("worker_id", worker, MOST_WORKER_ID);
        if (worker.isBlank()) {
            throw new Refused(Reason.INVALID, "worker_id cannot be blank", "worker_id");
        }
        return new HeartbeatRequest(worker, leases == null ? List.of() : leases, report);
    }

    private static Claimed claimed(EnvelopeReader fields) {
        String id = null;
        Integer attempt = null;
        while (fields.next()) {
            switch (fields.name()) {
                case "task_id" -> id = fields.text();
                case "attempt" -> attempt = fields.integer(0, Integer.MAX_VALUE);
                default -> {}
            }
        }
        if (id == null) {
            throw new Refused(Reason.INVALID, "Each of leases needs a task_id", "leases.task_id");
        }
        if (attempt == null) {
            throw new Refused(Reason.INVALID, "Each of leases needs its attempt", "leases.attempt");
        }
        return new Claimed(id, attempt);
    }
}
