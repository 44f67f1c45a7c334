package io.carillon.it.bench;

import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** The JSON of requests, with 512 bytes of data and of result. */
final class Bodies {
    static final int BYTES = 512;
    /** The data of a task. */
    static final String DATA = text("{\"model\":\"bench\",\"text\":\"");

    private static final String RESULT = "{\"status_code\":200,\"body\":" + text("{\"text\":\"") + "}";

    private Bodies() {}

    private static String text(String beginning) {
        return beginning + "x".repeat(BYTES - beginning.length() - 2) + "\"}";
    }

    static String register(String queue) {
        return "{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/chat/completions\"}";
    }

    static String put(String queue, int level) {
        return put(queue, level, DATA, "callback");
    }

    static String put(String queue, int level, String data, String mode) {
        return "{\"endpoint\":\"/v1/chat/completions\",\"queue\":\"" + queue + "\",\"level\":" + level
                + ",\"response_mode\":\"" + mode + "\",\"timeout\":3600,\"data\":" + data + "}";
    }

    static String putMany(String queue, int level, int many) {
        return "[" + String.join(",", Collections.nCopies(many, put(queue, level))) + "]";
    }

    /** @param wait seconds; 0 for a take that is answered at once */
    static String take(String queue, int level, int size, int wait) {
        return "{\"queues\":[\"" + queue + ":" + level + "\"],\"size\":" + size + ",\"strategy\":\"fifo\""
                + (wait > 0 ? ",\"wait_seconds\":" + wait : "") + "}";
    }

    static String result() {
        return RESULT;
    }

    static String completeMany(List<String> tasks, String take) {
        String results = tasks.stream()
                .map(task -> "{\"task_id\":\"" + task + "\",\"attempt\":1,\"result\":" + RESULT + "}")
                .collect(Collectors.joining(","));
        return "{\"results\":[" + results + "],\"take\":" + take + "}";
    }

    static String complete(String task) {
        return "/v1/queue/" + task + "/complete";
    }
}
