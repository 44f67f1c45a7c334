package io.carillon.dialect.task;

import io.carillon.platform.json.EnvelopeReader;
import io.carillon.worker.WorkerReport;
import java.util.List;

/** Reads what a worker says of itself. Texts that are too long are cut off: a heartbeat shall not fail because of them. */
final class ReportRequest {
    private static final int MOST_QUEUES = 100;
    private static final int MOST = 200;
    private static final int MOST_ERROR = 1000;

    private ReportRequest() {}

    /** @param fields null when the worker says nothing of itself */
    static WorkerReport of(EnvelopeReader fields) {
        if (fields == null) {
            return null;
        }
        String host = null;
        String kind = null;
        String version = null;
        String runtime = null;
        String state = null;
        String lastError = null;
        List<String> queues = List.of();
        long pid = 0;
        long capacity = 0;
        long running = 0;
        long started = 0;
        long taken = 0;
        long completed = 0;
        long failed = 0;
        long refused = 0;
        long released = 0;
        long cancelled = 0;
        long busy = 0;
        while (fields.next()) {
            switch (fields.name()) {
                case "host" -> host = text(fields, MOST);
                case "kind" -> kind = text(fields, MOST);
                case "version" -> version = text(fields, MOST);
                case "runtime" -> runtime = text(fields, MOST);
                case "state" -> state = text(fields, MOST);
                case "last_error" -> lastError = text(fields, MOST_ERROR);
                case "queues" -> queues = queues(fields.texts(MOST_QUEUES));
                case "pid" -> pid = count(fields, Long.MAX_VALUE);
                case "capacity" -> capacity = count(fields, Integer.MAX_VALUE);
                case "running" -> running = count(fields, Integer.MAX_VALUE);
                case "started_at" -> started = count(fields, Long.MAX_VALUE);
                case "taken" -> taken = count(fields, Long.MAX_VALUE);
                case "completed" -> completed = count(fields, Long.MAX_VALUE);
                case "failed" -> failed = count(fields, Long.MAX_VALUE);
                case "refused" -> refused = count(fields, Long.MAX_VALUE);
                case "released" -> released = count(fields, Long.MAX_VALUE);
                case "cancelled" -> cancelled = count(fields, Long.MAX_VALUE);
                case "busy_ms" -> busy = count(fields, Long.MAX_VALUE);
                default -> {}
            }
        }
        return new WorkerReport(
                host,
                pid,
                kind,
                version,
                runtime,
                queues,
                (int) capacity,
                (int) running,
                state,
                started,
                taken,
                completed,
                failed,
                refused,
                released,
                cancelled,
                busy,
                lastError);
    }

    private static String text(EnvelopeReader fields, int most) {
        String text = fields.text();
        return text == null ? null : Texts.shortened(text, most);
    }

    private static long count(EnvelopeReader fields, long most) {
        Long count = fields.number(0, most);
        return count == null ? 0 : count;
    }

    private static List<String> queues(List<String> names) {
        return names == null
                ? List.of()
                : names.stream().map(name -> Texts.shortened(name, MOST)).toList();
    }
}
