package io.carillon.it.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Calls of the Files and Batch API that tests make all the time, by plain HTTP. Safe for many threads. */
public record BatchCalls(Server server) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BOUNDARY = "a-boundary-that-no-file-has";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** A request line for a queue that is called like the model. */
    public static String line(String customId, String model) {
        return "{\"custom_id\":\"" + customId + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                + "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + customId
                + "\"}]}}\n";
    }

    /** So many of them, {@code c1} and on. */
    public static String input(String model, int lines) {
        StringBuilder input = new StringBuilder();
        IntStream.rangeClosed(1, lines).forEach(i -> input.append(line("c" + i, model)));
        return input.toString();
    }

    /** Uploads a file for a batch and gives its id. */
    public String upload(String content) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(
                ("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--" + BOUNDARY
                                + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n"
                                + "Content-Type: application/octet-stream\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        body.writeBytes(content.getBytes(StandardCharsets.UTF_8));
        body.writeBytes(("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
        HttpRequest request = server.request("/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(BodyPublishers.ofByteArray(body.toByteArray()))
                .build();
        return server.send(request).expect(200).json().required("id").textValue();
    }

    public static String request(String file) {
        return "{\"input_file_id\":\"" + file
                + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}";
    }

    /** Uploads an input and makes a batch of it. */
    public JsonNode create(String input) {
        return server.post("/v1/batches", request(upload(input))).expect(200).json();
    }

    public JsonNode batch(String id) {
        return server.get("/v1/batches/" + id).expect(200).json();
    }

    public static String id(JsonNode batch) {
        return batch.required("id").textValue();
    }

    public static String status(JsonNode batch) {
        return batch.required("status").textValue();
    }

    /** Waits until the batch is as wanted. */
    public JsonNode until(String id, Predicate<JsonNode> wanted) {
        return Eventually.get(PATIENCE, () -> batch(id), wanted);
    }

    public JsonNode untilStatus(String id, String status) {
        return until(id, batch -> status(batch).equals(status));
    }

    /** The bytes of the file that a field of a batch names; empty when it names none. */
    public String file(JsonNode batch, String field) {
        JsonNode id = batch.required(field);
        return id.isNull()
                ? ""
                : server.get("/v1/files/" + id.textValue() + "/content")
                        .expect(200)
                        .text();
    }

    /** The lines of such a file. */
    public List<JsonNode> lines(JsonNode batch, String field) {
        return jsonLines(file(batch, field));
    }

    public static List<JsonNode> jsonLines(String text) {
        List<JsonNode> lines = new ArrayList<>();
        text.lines().forEach(line -> {
            try {
                lines.add(JSON.readTree(line));
            } catch (Exception e) {
                throw new AssertionError("No JSON: " + line, e);
            }
        });
        return lines;
    }

    /** Takes what is there, and answers each with what {@code result} gives for the number of its custom id. */
    public int work(String queue, int most, IntFunction<String> result) {
        JsonNode tasks = server.take("{\"queues\":[\"" + queue + ":1\"],\"size\":" + most
                        + ",\"wait_seconds\":1,\"process_timeout\":15,\"process_max_retries\":5}")
                .expect(200)
                .json()
                .path(queue + ":1");
        if (tasks.isEmpty()) {
            return 0;
        }
        StringBuilder results = new StringBuilder("{\"results\":[");
        for (JsonNode task : tasks) {
            String content = task.at("/data/messages/0/content").asText();
            results.append(results.length() > 12 ? "," : "")
                    .append("{\"task_id\":\"")
                    .append(Server.id(task))
                    .append("\",\"result\":")
                    .append(result.apply(Integer.parseInt(content.substring(1))))
                    .append('}');
        }
        server.post("/v1/queue/complete-many", results.append("]}").toString()).expect(200);
        return tasks.size();
    }

    /** A result that a worker gives. */
    public static String done(int number) {
        return "{\"status_code\":200,\"request_id\":\"r" + number + "\",\"body\":{\"n\":" + number
                + ",\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3}}}";
    }
}
