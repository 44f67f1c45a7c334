package io.carillon.it.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A server as a client with a key sees it: its paths, and the calls of the Task API that tests make all the time. Safe for
 * many threads.
 *
 * @param url ends with a slash
 * @param key null to send none
 */
public record Server(URI url, String key) {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final HttpClient HTTP = client();

    private static HttpClient client() {
        // Shorter than the server's, so that no request goes out on a connection that the server is closing.
        System.setProperty("jdk.httpclient.keepalive.timeout", "5");
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    /** The same server with another key, or with none. */
    public Server as(String otherKey) {
        return new Server(url, otherKey);
    }

    /** {@code host:port}. */
    public String address() {
        return url.getAuthority();
    }

    // --- plain HTTP
    // ---------------------------------------------------------------------------------------------------

    /** A request to that path, with the key. The path is taken as it is, whatever is encoded in it. */
    public HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path.substring(1))).timeout(PATIENCE);
        return key == null ? request : request.header("Authorization", "Bearer " + key);
    }

    public Answer send(HttpRequest request) {
        try {
            return sendLater(request).join();
        } catch (CompletionException e) {
            throw new AssertionError(request.method() + " " + request.uri() + " was not answered: " + e.getCause(), e);
        }
    }

    public CompletableFuture<Answer> sendLater(HttpRequest request) {
        return HTTP.sendAsync(request, BodyHandlers.ofByteArray()).thenApply(Answer::of);
    }

    public Answer get(String path) {
        return send(request(path).GET().build());
    }

    public Answer delete(String path) {
        return send(request(path).DELETE().build());
    }

    public Answer put(String path, String json) {
        return send(json(path).PUT(BodyPublishers.ofString(json)).build());
    }

    public Answer patch(String path, String json) {
        return send(json(path).method("PATCH", BodyPublishers.ofString(json)).build());
    }

    public Answer post(String path, String json) {
        return send(json(path).POST(BodyPublishers.ofString(json)).build());
    }

    public Answer post(String path, byte[] json) {
        return send(json(path).POST(BodyPublishers.ofByteArray(json)).build());
    }

    public Answer post(String path) {
        return send(request(path).POST(BodyPublishers.noBody()).build());
    }

    public CompletableFuture<Answer> postLater(String path, String json) {
        return sendLater(json(path).POST(BodyPublishers.ofString(json)).build());
    }

    private HttpRequest.Builder json(String path) {
        return request(path).header("Content-Type", "application/json");
    }

    // --- the Task API
    // -------------------------------------------------------------------------------------------------

    /** Registers a queue of a name that no other test has, and gives that. */
    public String newQueue() {
        String name = "q-" + UUID.randomUUID();
        register(name).expect(200);
        return name;
    }

    public Answer register(String queue) {
        return post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/x\"}");
    }

    public Answer put(Put put) {
        return post("/v1/queue/put", put.json());
    }

    public CompletableFuture<Answer> putLater(Put put) {
        return postLater("/v1/queue/put", put.json());
    }

    /** Puts a task that must be accepted at once, and gives its id. */
    public String putTask(Put put) {
        return put(put).expect(200).json().required("data").textValue();
    }

    /** Waits until exactly one task of a queue waits, and gives its id. */
    public String waiting(String queue) {
        return Eventually.get(
                        () -> get("/v1/tasks?queue=" + queue + "&status=waiting")
                                .expect(200)
                                .json()
                                .path("data"),
                        data -> data.size() == 1)
                .get(0)
                .path("task_id")
                .asText();
    }

    public Answer take(String json) {
        return post("/v1/queue/take", json);
    }

    /** Takes what is there, {@code size} at most, with a strategy, and gives the ids in the order of delivery. */
    public List<String> take(String strategy, int size, String... queues) {
        return ids(take("{\"queues\":" + quoted(queues) + ",\"size\":" + size + ",\"strategy\":\"" + strategy + "\"}"));
    }

    /** Takes the one task that must be there. */
    public JsonNode takeOne(String fullQueueName) {
        return takeOne(fullQueueName, "");
    }

    /**
     * Takes the one task that must come within a few seconds.
     *
     * @param more fields for the take, such as {@code ,"process_timeout":1}
     */
    public JsonNode takeOne(String fullQueueName, String more) {
        Answer answer = take("{\"queues\":[\"" + fullQueueName + "\"],\"size\":1,\"wait_seconds\":10" + more + "}");
        JsonNode tasks = answer.expect(200).json().path(fullQueueName);
        if (tasks.size() != 1) {
            throw new AssertionError("No task came from " + fullQueueName + ": " + answer);
        }
        return tasks.get(0);
    }

    /** The ids of taken tasks, queue by queue in the order of the answer. */
    public static List<String> ids(Answer take) {
        List<String> ids = new ArrayList<>();
        take.expect(200).json().forEach(tasks -> tasks.forEach(task -> ids.add(id(task))));
        return ids;
    }

    public static String id(JsonNode task) {
        return task.required("task_id").textValue();
    }

    public Answer complete(String id, String result) {
        return post("/v1/queue/" + id + "/complete", result);
    }

    public Answer progress(String id, String event) {
        return post("/v1/queue/" + id + "/progress", event);
    }

    public Answer cancel(String id) {
        return post("/v1/queue/" + id + "/cancel");
    }

    public Answer task(String id) {
        return get("/v1/queue/" + id);
    }

    /** The task's status now. */
    public String status(String id) {
        return task(id).expect(200).json().required("status").textValue();
    }

    /** A new key, with roles such as {@code producer}, and queues that it may use; none for all. */
    public Server withNewKey(String role, String... queues) {
        String json = "{\"name\":\"it\",\"roles\":[\"" + role + "\"],\"queues\":" + quoted(queues) + "}";
        return as(post("/v1/keys", json).expect(201).json().required("key").textValue());
    }

    /** A JSON array of texts. */
    public static String quoted(String... texts) {
        return texts.length == 0 ? "[]" : "[\"" + String.join("\",\"", texts) + "\"]";
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Server[" + url + "]";
    }
}
