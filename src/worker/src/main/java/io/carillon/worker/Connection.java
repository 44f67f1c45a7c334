package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A worker's way to a server: takes tasks, tells how they go on, hands results in. One call is one HTTP request and blocks
 * until it is answered; nothing is tried again here. Safe for many threads.
 */
public final class Connection {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;

    private final HttpClient http;
    private final URI base;
    private final String authorization;

    /**
     * @param server where the server answers, such as {@code http://host:8080/}
     * @param key an API key with the role worker
     */
    public Connection(URI server, String key) {
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
        this.base = server.resolve("/v1/queue/");
        this.authorization = "Bearer " + key;
    }

    /**
     * Takes tasks.
     *
     * @return in the order of delivery; empty when there is nothing
     * @throws CallRefused when the server refuses the call
     */
    public List<Task> take(Take take) throws IOException, InterruptedException {
        byte[] answer = post(
                        "take",
                        json(out -> {
                            out.writeArrayFieldStart("queues");
                            for (String queue : take.queues()) {
                                out.writeString(queue);
                            }
                            out.writeEndArray();
                            out.writeNumberField("size", take.size());
                            out.writeStringField("strategy", take.strategy());
                            out.writeNumberField("wait_seconds", take.patience().toSeconds());
                            if (take.lease() != null) {
                                out.writeNumberField(
                                        "process_timeout", take.lease().toSeconds());
                            }
                            if (take.workerId() != null) {
                                out.writeStringField("worker_id", take.workerId());
                            }
                        }),
                        take.patience())
                .body();
        return TakenTasks.read(answer);
    }

    /**
     * Hands in the result of a task.
     *
     * @param result a JSON object, usually {@code {"status_code":200,"body":...}}; it reaches the producer to the letter
     * @return false when it came too late: the task was cancelled, or ended otherwise, or is unknown
     * @throws CallRefused when the server refuses the call
     */
    public boolean complete(String taskId, String result) throws IOException, InterruptedException {
        return post(path(taskId, "complete"), result, Duration.ZERO)
                .headers()
                .firstValue("X-Carillon-Accepted")
                .map(accepted -> !accepted.equals("false"))
                .orElse(true);
    }

    /**
     * Tells how a task goes on; a streaming caller sees it at once.
     *
     * @throws CallRefused when the server refuses the call
     */
    public void progress(String taskId, Progress progress) throws IOException, InterruptedException {
        post(
                path(taskId, "progress"),
                json(out -> {
                    if (progress.id() != null) {
                        out.writeStringField("event_id", progress.id());
                    }
                    if (progress.name() != null) {
                        out.writeStringField("event_name", progress.name());
                    }
                    out.writeFieldName("event_data");
                    out.writeRawValue(progress.data());
                }),
                Duration.ZERO);
    }

    private static String path(String taskId, String verb) {
        return URLEncoder.encode(taskId, StandardCharsets.UTF_8) + "/" + verb;
    }

    private HttpResponse<byte[]> post(String path, String body, Duration wait)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(PATIENCE.plus(wait))
                .header("Authorization", authorization)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != OK) {
            throw new CallRefused(answer.statusCode(), new String(answer.body(), StandardCharsets.UTF_8));
        }
        return answer;
    }

    private interface Fields {
        void write(JsonGenerator out) throws IOException;
    }

    private static String json(Fields fields) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            fields.write(out);
            out.writeEndObject();
        }
        return text.toString();
    }
}
