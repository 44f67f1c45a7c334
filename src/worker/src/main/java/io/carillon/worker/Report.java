package io.carillon.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** What a worker tells the server about itself, as JSON. */
record Report(String json) {
    private static final String HOST = hostName();
    private static final int MOST_ERROR = 500;

    static Report of(
            String kind,
            String version,
            List<QueueShare> queues,
            int capacity,
            Worker.State state,
            Statistics statistics) {
        ObjectNode report = Result.JSON.createObjectNode();
        report.put("host", HOST);
        report.put("pid", ProcessHandle.current().pid());
        report.put("kind", kind);
        report.put("version", version);
        report.put("runtime", "Java " + Runtime.version().feature());
        ArrayNode names = report.putArray("queues");
        queues.forEach(queue -> names.add(queue.toString()));
        report.put("capacity", capacity);
        report.put("running", statistics.running());
        report.put("state", state.text());
        report.put("started_at", statistics.started().toEpochMilli());
        report.put("taken", statistics.taken());
        report.put("completed", statistics.completed());
        report.put("failed", statistics.failed());
        report.put("refused", statistics.refused());
        report.put("released", statistics.released());
        report.put("cancelled", statistics.cancelled());
        report.put("busy_ms", statistics.busy().toMillis());
        String error = statistics.lastError();
        if (error != null) {
            report.put("last_error", error.length() > MOST_ERROR ? error.substring(0, MOST_ERROR) : error);
        }
        try {
            return new Report(Result.JSON.writeValueAsString(report));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String hostName() {
        String name = System.getenv("HOSTNAME");
        if (name != null && !name.isBlank()) {
            return name.strip();
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }
}
