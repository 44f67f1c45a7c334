package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole command between a server that gives it one task and a model server that is told what to answer. */
@Timeout(60)
class OpenAiCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A call that the worker made of the server. */
    private record Call(String verb, JsonNode body) {}

    /** An answer of the model server. */
    private record Reply(int status, String type, String body) {}

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final Queue<String> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final StringWriter err = new StringWriter();
    private int refusal;
    private HttpServer server;
    private HttpServer model;

    @BeforeEach
    void listen() throws IOException {
        server = serve(this::carillon);
        model = serve(this::reply);
    }

    private HttpServer serve(HttpHandler handler) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", handler);
        http.setExecutor(threads);
        http.start();
        return http;
    }

    @AfterEach
    void close() {
        server.stop(0);
        model.stop(0);
        threads.shutdownNow();
    }

    private void carillon(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        Call call = new Call(path.substring(path.lastIndexOf('/') + 1), JSON.readTree(exchange.getRequestBody()));
        calls.add(call);
        String answer =
                switch (call.verb()) {
                    case "take" -> taken(call.body());
                    case "complete-many" -> "{\"results\":[{\"accepted\":true}],\"tasks\":{}}";
                    default -> "{}";
                };
        send(exchange, new Reply(refusal == 0 ? 200 : refusal, "application/json", answer));
    }

    private String taken(JsonNode take) {
        String task = take.path("size").asInt() == 0 ? null : tasks.poll();
        if (task == null) {
            pause(20);
        }
        return "{\"q:0\":[" + (task == null ? "" : task) + "]}";
    }

    private static void pause(int millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private void reply(HttpExchange exchange) throws IOException {
        asked.add(exchange.getRequestURI().getPath() + " "
                + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        send(exchange, replies.size() > 1 ? replies.poll() : replies.peek());
    }

    private static void send(HttpExchange exchange, Reply reply) throws IOException {
        try (exchange) {
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", reply.type());
            exchange.getResponseHeaders().set("Retry-After", "0");
            exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private void give(String mode, String data) {
        tasks.add("{\"task_id\":\"t\",\"attempt\":1,\"endpoint\":\"/v1/chat/completions\",\"response_mode\":\"" + mode
                + "\",\"data\":" + data + "}");
    }

    private void replies(int status, String body) {
        replies.add(new Reply(status, "application/json", body));
    }

    private static String url(HttpServer http) {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** Runs it to its end, and gives its exit code. */
    private int run(String upstream, String... more) {
        List<String> arguments = new ArrayList<>(List.of("openai", "-q", "q:0", "--upstream", upstream + "/v1"));
        arguments.addAll(List.of(more));
        return CarillonWorker.run(
                Map.of("CARILLON_URL", url(server), "CARILLON_KEY", "k"),
                new PrintWriter(new StringWriter()),
                new PrintWriter(err, true),
                arguments.toArray(String[]::new));
    }

    private List<JsonNode> said(String verb) {
        return calls.stream()
                .filter(call -> call.verb().equals(verb))
                .map(Call::body)
                .toList();
    }

    private JsonNode result() {
        assertThat(said("complete-many")).hasSize(1);
        return said("complete-many").get(0).path("results").path(0).path("result");
    }

    @Test
    void anAnswerIsTheResultAndTheTaskItsEnd() throws Exception {
        give("blocking", "{\"model\":\"m\"}");
        replies(201, "{\"n\":1}");

        assertThat(run(url(model), "--max-runs", "1")).isEqualTo(ExitCode.OK);
        assertThat(result()).isEqualTo(JSON.readTree("{\"status_code\":201,\"body\":{\"n\":1}}"));
        assertThat(asked).containsExactly("/v1/chat/completions {\"model\":\"m\"}");
    }

    @Test
    void eventsKeepTheirNamesAndIdsAndTheAnswerItsStatus() throws Exception {
        give("streaming", "{\"stream\":true}");
        replies.add(new Reply(
                202,
                "text/event-stream; charset=utf-8",
                "event: response.created\nid: r1\ndata: {\"n\":1}\n\n: comment\n\ndata: a\ndata: b\n\ndata: [DONE]\n"));

        assertThat(run(url(model), "--max-runs", "1")).isEqualTo(ExitCode.OK);
        assertThat(said("progress"))
                .containsExactly(
                        JSON.readTree("{\"attempt\":1,\"event_id\":\"r1\",\"event_name\":\"response.created\","
                                + "\"event_data\":\"{\\\"n\\\":1}\"}"),
                        JSON.readTree("{\"attempt\":1,\"event_id\":\"1\",\"event_name\":\"message\","
                                + "\"event_data\":\"a\\nb\"}"),
                        JSON.readTree("{\"attempt\":1,\"event_id\":\"2\",\"event_name\":\"message\","
                                + "\"event_data\":\"[DONE]\"}"));
        assertThat(result()).isEqualTo(JSON.readTree("{\"status_code\":202,\"stream\":true}"));
    }

    @Test
    void whatTheServerTakesForNoIdOrNameOfAnEventIsReplaced() {
        give("streaming", "{\"stream\":true}");
        replies.add(new Reply(
                200, "text/event-stream", "id: " + "x".repeat(257) + "\nevent: a\tb\ndata: 1\n\ndata: [DONE]\n\n"));

        assertThat(run(url(model), "--max-runs", "1")).isEqualTo(ExitCode.OK);
        assertThat(said("progress").get(0).path("event_id").asText()).isEqualTo("0");
        assertThat(said("progress").get(0).path("event_name").asText()).isEqualTo("message");
    }

    @ParameterizedTest
    @CsvSource({"--upstream-key, 'sk-secret-1\n2', Authorization", "--header, 'Host: sk-secret', Host"})
    void aHeaderThatCannotBeSentIsSaidAtTheStartWithoutItsValue(String flag, String value, String name) {
        assertThat(run(url(model), flag, value.replace("\\n", "\n"), "--validate"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains(name).doesNotContain("sk-secret");
    }

    @Test
    void anErrorInsteadOfAStreamIsTheResultWithItsStatus() throws Exception {
        give("streaming", "{\"stream\":true}");
        replies.add(new Reply(422, "text/event-stream", "{\"error\":{\"message\":\"no\"}}"));

        assertThat(run(url(model), "--max-runs", "1")).isEqualTo(ExitCode.OK);
        assertThat(said("progress")).isEmpty();
        assertThat(result())
                .isEqualTo(JSON.readTree("{\"status_code\":422,\"body\":{\"error\":{\"message\":\"no\"}}}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "500 | oops                                              | 2 | 500: oops",
                "503 | {\"error\":{\"message\":\"model is loading\"}}    | 2 | model is loading",
                "401 | {\"error\":{\"message\":\"no such key: hush\"}}   | 1 | 401"
            })
    void anUpstreamThatRefusesToTheLastIsAFailedAttemptWithTheReason(
            int status, String body, int times, String reason) {
        give("blocking", "{}");
        replies(status, body);

        assertThat(run(url(model), "--retries", "1", "--max-consecutive-errors", "1"))
                .as("too many errors in a row")
                .isEqualTo(ExitCode.ERRORS);
        assertThat(asked).hasSize(times);
        assertThat(said("retry")).hasSize(1);
        assertThat(said("retry").get(0).path("reason").asText())
                .startsWith("The upstream answered " + status)
                .contains(reason);
        assertThat(said("complete-many")).isEmpty();
    }

    @Test
    void anUpstreamThatIsTooBusyToTheLastKeepsTheTaskHereAndCostsNoAttempt() {
        give("blocking", "{}");
        replies(429, "");
        replies(429, "");
        replies(429, "");
        replies(200, "{}");

        assertThat(run(url(model), "--retries", "1", "--max-runs", "1", "--max-consecutive-errors", "1"))
                .isEqualTo(ExitCode.OK);
        assertThat(asked).hasSize(4);
        assertThat(said("retry")).isEmpty();
        assertThat(result().path("status_code").asInt()).isEqualTo(200);
    }

    @Test
    void anUpstreamThatNobodyListensAtIsAFailedAttempt() throws Exception {
        give("blocking", "{}");
        String nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = "http://127.0.0.1:" + free.getLocalPort();
        }

        assertThat(run(nobody, "--retries", "0", "--max-consecutive-errors", "1"))
                .isEqualTo(ExitCode.ERRORS);
        assertThat(said("retry")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 503})
    void aServerThatDoesNotLetItInIsNotStartedFor(int status) {
        refusal = status;

        assertThat(run(url(model), "--wait-for-server", "0s")).isEqualTo(ExitCode.NOT_STARTED);
        assertThat(said("take")).hasSize(1);
    }

    @Test
    void aPortThatIsTakenIsAReasonNotToStart() {
        give("blocking", "{}");

        assertThat(run(
                        url(model),
                        "--health-port",
                        Integer.toString(model.getAddress().getPort())))
                .isEqualTo(ExitCode.NOT_STARTED);
        assertThat(err.toString()).contains("could not start");
        assertThat(tasks).hasSize(1);
    }
}
