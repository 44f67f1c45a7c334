package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A worker's way to a server: takes tasks, tells how they go on, hands results in. One call is one HTTP request and blocks
 * until it is answered; nothing is tried again here. Safe for many threads.
 */
public final class Connection {
    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectMapper TREES = new ObjectMapper(Json.forValues());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** How often the time that the head of an answer has, besides what is waited for, the whole may take: bodies are large. */
    private static final int FOR_THE_WHOLE = 6;

    private static final int OK = 200;

    /** Tasks that were given, and ids of those that the worker shall stop. */
    record Delivered(List<Task> tasks, List<String> cancelled) {}

    /** A task's result. */
    record Ending(Task task, Result result) {}

    /** What became of each result, in order, and what came with the answer. */
    record Completed(List<TakenTasks.Verdict> verdicts, Delivered delivered) {}

    /**
     * What became of a worker's leases.
     *
     * @param lost tasks that the worker has no more
     * @param cancel tasks whose work is in vain
     * @param drain whether the worker shall finish and take no more
     */
    record Renewed(List<String> lost, List<String> cancel, boolean drain) {}

    /** See contract bella-queue 3.5. */
    record BusAddress(URI url, String topic) {
        /** Without the url: it has a password. */
        @Override
        public String toString() {
            return "BusAddress[" + topic + "]";
        }
    }

    private final HttpClient http;
    private final Duration patience;
    private final URI base;
    private final String authorization;

    /**
     * @param server where the server answers, such as {@code http://host:8080/}, also below a path, with or without {@code /v1}
     * @param key an API key with the role worker
     */
    public Connection(URI server, String key) {
        this(server, key, PATIENCE);
    }

    /** @param patience how long a connect, and an answer for which nothing is waited for, may take */
    Connection(URI server, String key, Duration patience) {
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(patience)
                .build();
        String path = server.getRawPath() == null ? "" : server.getRawPath();
        this.base = server.resolve(path.replaceFirst("/*(/v1(/queue)?)?/*$", "") + "/v1/queue/");
        this.authorization = "Bearer " + key;
    }

    /**
     * Takes tasks.
     *
     * @return in the order of delivery; empty when there is nothing
     * @throws CallRefused when the server refuses the call
     */
    public List<Task> take(Take take) throws IOException, InterruptedException {
        return deliver(take).tasks();
    }

    /** Takes tasks, and hears which of the worker's tasks shall be stopped. */
    Delivered deliver(Take take) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = post("take", json(out -> write(take, out)), take.patience());
        return new Delivered(TakenTasks.read(answer.body()), cancelled(answer));
    }

    /**
     * Hands in the results of many tasks, each fenced by its attempt, and takes the next if asked.
     *
     * @param take null for none
     * @throws CallRefused when the server refuses the call as a whole
     */
    Completed completeMany(List<Ending> endings, Take take) throws IOException, InterruptedException {
        String body = json(out -> {
            out.writeArrayFieldStart("results");
            for (Ending ending : endings) {
                Task task = ending.task();
                out.writeStartObject();
                out.writeStringField("task_id", task.id());
                if (task.attempt() > 0) {
                    out.writeNumberField("attempt", task.attempt());
                }
                out.writeFieldName("result");
                out.writeRawValue(ending.result().json());
                out.writeEndObject();
            }
            out.writeEndArray();
            if (take != null) {
                out.writeObjectFieldStart("take");
                write(take, out);
                out.writeEndObject();
            }
        });
        HttpResponse<byte[]> answer = post("complete-many", body, take == null ? Duration.ZERO : take.patience());
        TakenTasks.Completed completed = TakenTasks.readCompleted(answer.body());
        if (completed.verdicts().size() != endings.size()) {
            throw new IOException(
                    "The server answered " + completed.verdicts().size() + " of " + endings.size() + " results");
        }
        return new Completed(completed.verdicts(), new Delivered(completed.tasks(), cancelled(answer)));
    }

    /**
     * Says that the worker lives and still works on these tasks.
     *
     * @param report what the server shall know of the worker, or null
     * @param atMost how long the answer may take: one that comes after the leases are over is worth nothing
     */
    Renewed heartbeat(String workerId, Collection<Task> tasks, Report report, Duration atMost)
            throws IOException, InterruptedException {
        String body = json(out -> {
            out.writeStringField("worker_id", workerId);
            out.writeArrayFieldStart("leases");
            for (Task task : tasks) {
                out.writeStartObject();
                out.writeStringField("task_id", task.id());
                out.writeNumberField("attempt", task.attempt());
                out.writeEndObject();
            }
            out.writeEndArray();
            if (report != null) {
                out.writeFieldName("report");
                out.writeRawValue(report.json());
            }
        });
        HttpRequest.Builder request = request("heartbeat", Duration.ZERO)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        JsonNode answer = TREES.readTree(within(atMost, request).body());
        return new Renewed(
                texts(answer.path("lost")),
                texts(answer.path("cancel")),
                answer.path("drain").asBoolean());
    }

    /**
     * Hands back a failed attempt.
     *
     * @param delay how long the task shall rest, or null for its own backoff
     * @return false when it came too late
     */
    boolean retry(Task task, Duration delay, String reason) throws IOException, InterruptedException {
        return handBack(task, "retry", delay, reason);
    }

    /** Hands back a task unharmed: nothing counts against it. Returns false when it came too late. */
    boolean release(Task task, String reason) throws IOException, InterruptedException {
        return handBack(task, "release", null, reason);
    }

    private boolean handBack(Task task, String verb, Duration delay, String reason)
            throws IOException, InterruptedException {
        String body = json(out -> {
            if (task.attempt() > 0) {
                out.writeNumberField("attempt", task.attempt());
            }
            if (delay != null) {
                out.writeNumberField("delay_ms", delay.toMillis());
            }
            if (reason != null) {
                out.writeStringField("reason", reason);
            }
        });
        return accepted(post(path(task.id(), verb), body, Duration.ZERO));
    }

    /** Where events of blocking and streaming tasks go. */
    BusAddress eventBus() throws IOException, InterruptedException {
        JsonNode answer = TREES.readTree(
                send(request("eventbus", Duration.ZERO).GET(), Duration.ZERO).body());
        return new BusAddress(
                URI.create(answer.path("url").asText()), answer.path("topic").asText());
    }

    private static void write(Take take, JsonGenerator out) throws IOException {
        out.writeArrayFieldStart("queues");
        for (String queue : take.queues()) {
            out.writeString(queue);
        }
        out.writeEndArray();
        out.writeNumberField("size", take.size());
        out.writeStringField("strategy", take.strategy());
        out.writeNumberField("wait_seconds", take.patience().toSeconds());
        if (take.lease() != null) {
            out.writeNumberField("process_timeout", take.lease().toSeconds());
        }
        if (take.workerId() != null) {
            out.writeStringField("worker_id", take.workerId());
        }
    }

    private static List<String> cancelled(HttpResponse<byte[]> answer) {
        return answer.headers()
                .firstValue("X-Carillon-Cancel")
                .map(ids -> List.of(ids.split(",")))
                .orElse(List.of());
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>(array.size());
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /**
     * Hands in the result of a task.
     *
     * @param result a JSON object, usually {@code {"status_code":200,"body":...}}; it reaches the producer to the letter
     * @return false when it came too late: the task was cancelled, or ended otherwise, or is unknown
     * @throws CallRefused when the server refuses the call
     */
    public boolean complete(String taskId, String result) throws IOException, InterruptedException {
        return accepted(post(path(taskId, "complete"), result, Duration.ZERO));
    }

    private static boolean accepted(HttpResponse<byte[]> answer) {
        return answer.headers()
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
        progress(taskId, 0, progress);
    }

    /** @param attempt which delivery of the task this is about; 0 to leave that open */
    void progress(String taskId, int attempt, Progress progress) throws IOException, InterruptedException {
        post(
                path(taskId, "progress"),
                json(out -> {
                    if (attempt > 0) {
                        out.writeNumberField("attempt", attempt);
                    }
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
        return send(
                request(path, wait)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                wait);
    }

    private HttpRequest.Builder request(String path, Duration wait) {
        return HttpRequest.newBuilder(base.resolve(path))
                .timeout(patience.plus(wait))
                .header("Authorization", authorization);
    }

    /** A server that lets a take wait sends the head at once: when it falls silent after that, this call ends all the same. */
    private HttpResponse<byte[]> send(HttpRequest.Builder request, Duration wait)
            throws IOException, InterruptedException {
        return within(patience.multipliedBy(FOR_THE_WHOLE).plus(wait), request);
    }

    /** The timeout of the JDK's requests ends with the head of an answer; this one is over when the answer is whole. */
    private HttpResponse<byte[]> within(Duration atMost, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> sent =
                http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        try {
            return successful(sent.get(atMost.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException late) {
            throw new HttpTimeoutException("The server did not answer within " + atMost.toMillis() + " ms");
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof IOException broken ? broken : new IOException(failed.getCause());
        } finally {
            sent.cancel(true);
        }
    }

    private static HttpResponse<byte[]> successful(HttpResponse<byte[]> answer) throws CallRefused {
        if (answer.statusCode() != OK) {
            throw new CallRefused(
                    answer.statusCode(),
                    new String(answer.body(), StandardCharsets.UTF_8),
                    answer.headers().firstValue("Retry-After").orElse(null));
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
