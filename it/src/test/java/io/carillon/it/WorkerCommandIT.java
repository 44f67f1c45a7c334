package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import io.carillon.it.support.WorkerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command as a user has it: a program between a real server and what does the work. */
@Timeout(180)
class WorkerCommandIT {
    private static final Path CHILD = Path.of("src", "test", "resources", "worker", "child.py");

    private final Server a = Whole.a();
    private final Server b = Whole.b();

    /** A small OpenAI-compatible server that does what a message asks for. */
    private static final class Model implements AutoCloseable {
        private final HttpServer http;
        private final AtomicInteger asked = new AtomicInteger();
        private final Queue<String> bodies = new ConcurrentLinkedQueue<>();
        private final CompletableFuture<Boolean> hungUp = new CompletableFuture<>();

        Model() throws IOException {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.setExecutor(Executors.newCachedThreadPool());
            http.createContext("/v1/chat/completions", this::answer);
            http.start();
        }

        String url() {
            return "http://127.0.0.1:" + http.getAddress().getPort() + "/v1";
        }

        private void answer(HttpExchange exchange) throws IOException {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            bodies.add(body);
            int time = asked.incrementAndGet();
            try (exchange) {
                if (body.contains("busy") && time <= 2) {
                    exchange.getResponseHeaders().set("Retry-After", "0.2");
                    exchange.sendResponseHeaders(time == 1 ? 429 : 503, -1);
                } else if (body.contains("named")) {
                    send(exchange, 200, "text/event-stream", "event: delta\nid: e7\ndata: {\"n\":1}\n\ndata: {}\n\n");
                } else if (body.contains("bad")) {
                    send(exchange, 422, "application/json", "{\"error\":{\"message\":\"no\"}}");
                } else if (body.contains("endless")) {
                    endless(exchange);
                } else if (body.contains("stall") && (time == 1 || body.contains("\"stream\":true"))) {
                    stall(exchange, body.contains("\"stream\":true"));
                } else if (body.contains("\"stream\":true")) {
                    send(
                            exchange,
                            200,
                            "text/event-stream",
                            "data: {\"n\":1.0E+2}\n\n: comment\n\ndata: {\"n\":null}\n\ndata: [DONE]\n\n");
                } else {
                    send(exchange, 200, "application/json", "{\"choices\":[],\"n\":1.0E+2}");
                }
            }
        }

        private void endless(HttpExchange exchange) throws IOException {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try {
                while (!hungUp.isDone()) {
                    exchange.getResponseBody().write("data: {}\n\n".getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                    new CompletableFuture<>()
                            .completeOnTimeout(null, 50, TimeUnit.MILLISECONDS)
                            .join();
                }
            } catch (IOException gone) {
                hungUp.complete(true);
            }
        }

        private void stall(HttpExchange exchange, boolean stream) throws IOException {
            exchange.getResponseHeaders().set("Content-Type", stream ? "text/event-stream" : "application/json");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody()
                    .write((stream ? "data: {\"n\":1}\n\n" : "{\"choices\":").getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            hungUp.join();
        }

        private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }

        @Override
        public void close() {
            hungUp.complete(false);
            http.stop(0);
        }
    }

    private static Put chat(Put put, String content) {
        return put.field("endpoint", "\"/v1/chat/completions\"")
                .data("{\"model\":\"m\",\"messages\":[{\"content\":\"" + content + "\"}]}");
    }

    @Test
    void openAiAnswersCallersStreamsToThemAndTriesAgain() throws Exception {
        String queue = a.newQueue();
        try (Model model = new Model();
                WorkerProcess worker = WorkerProcess.start(
                        a,
                        "openai",
                        "-q",
                        queue,
                        "--upstream",
                        model.url(),
                        "--model",
                        "other",
                        "-c",
                        "4",
                        "--worker-id",
                        queue)) {
            assertThat(b.put(chat(Put.blocking(queue), "busy")).expect(200).text())
                    .isEqualTo("{\"choices\":[],\"n\":1.0E+2}");
            assertThat(model.asked).hasValue(3);
            assertThat(model.bodies).allMatch(body -> body.contains("\"model\":\"other\""));
            assertThat(a.put(chat(Put.blocking(queue), "bad")).expect(422).text())
                    .isEqualTo("{\"error\":{\"message\":\"no\"}}");
            try (SseReader caller = SseReader.put(b, chat(Put.streaming(queue), "hi"))) {
                assertThat(caller.frames())
                        .containsExactly(
                                "id:0\nevent:message\ndata:{\"n\":1.0E+2}\n\n",
                                "id:1\nevent:message\ndata:{\"n\":null}\n\n",
                                "id:2\nevent:message\ndata:[DONE]\n\n");
            }
            try (SseReader caller = SseReader.put(a, chat(Put.streaming(queue), "named"))) {
                assertThat(caller.frames())
                        .containsExactly("id:e7\nevent:delta\ndata:{\"n\":1}\n\n", "id:1\nevent:message\ndata:{}\n\n");
            }
            try (SseReader caller = SseReader.put(a, chat(Put.streaming(queue), "endless"))) {
                caller.frame();
            }
            assertThat(model.hungUp.get(30, TimeUnit.SECONDS)).isTrue();

            worker.terminate();
            assertThat(worker.exitCode()).isZero();
            Eventually.passes(() -> assertThat(
                            a.get("/v1/workers/" + queue).json().path("status").asText())
                    .isEqualTo("ended"));
        }
    }

    @Test
    void whatIsStillBusyAfterAllTriesWaitsForA429AndFailsForA503() throws Exception {
        String queue = a.newQueue();
        a.patch("/v1/queues/" + queue, "{\"backoff\":{\"type\":\"fixed\",\"delay_ms\":10}}")
                .expect(200);
        try (Model model = new Model();
                WorkerProcess worker =
                        WorkerProcess.start(a, "openai", "-q", queue, "--upstream", model.url(), "--retries", "0")) {
            String task = a.putTask(chat(Put.offline(queue), "busy"));

            JsonNode done =
                    Eventually.get(Duration.ofSeconds(40), () -> a.task(task).json(), known -> known.path("state")
                            .asText()
                            .equals("succeeded"));
            assertThat(done.path("failures").asInt())
                    .as("the 429 counts for nothing")
                    .isEqualTo(1);
            assertThat(model.asked).hasValue(3);
            assertThat(worker.said())
                    .contains("failed: The upstream answered 503")
                    .doesNotContain("answered 429");
        }
    }

    @Test
    void itsExitCodeSaysWhyItEnded() {
        String queue = a.newQueue();
        String deadly = a.newQueue();
        a.patch("/v1/queues/" + deadly, "{\"backoff\":{\"type\":\"fixed\",\"delay_ms\":10}}")
                .expect(200);
        try (WorkerProcess errors = WorkerProcess.start(
                        a, "exec", "-q", queue, "--mode", "one_shot", "--max-consecutive-errors", "2", "--", "false");
                WorkerProcess deaths = WorkerProcess.start(
                        a,
                        "exec",
                        "-q",
                        deadly,
                        "--restart-max",
                        "2",
                        "--restart-delay",
                        "50ms",
                        "--",
                        "sh",
                        "-c",
                        "echo '{\"status\":\"ready\"}'; read -r line; exit 6");
                WorkerProcess unready =
                        WorkerProcess.start(a, "exec", "-q", queue + ":9", "--", "sh", "-c", "sleep 0.1; exit 5")) {
            a.putTask(Put.offline(queue));
            a.putTask(Put.offline(queue));
            a.putTask(Put.offline(deadly));

            assertThat(unready.exitCode()).isEqualTo(1);
            assertThat(unready.said()).contains("It ended before it was ready (exit code 5)");
            assertThat(deaths.exitCode()).isEqualTo(4);
            assertThat(deaths.said()).contains("is given up after 2 deaths: It died (exit code 6)");
            assertThat(errors.exitCode()).isEqualTo(3);
            assertThat(errors.said()).contains("stops after 2 errors in a row");
        }
    }

    @Test
    void theQueuesOfAnExecWorkerHaveAProcessEachAndItsLimitsTogether() {
        String first = a.newQueue();
        String second = a.newQueue();
        try (WorkerProcess worker = WorkerProcess.start(
                a,
                "exec",
                "-q",
                first + ":0",
                "-q",
                second + ":0",
                "--worker-id",
                first,
                "--max-runs",
                "2",
                "--",
                "python3",
                CHILD.toString())) {
            assertThat(blocking(first, "{\"do\":\"this\"}").json().path("did").asText())
                    .isEqualTo("this");
            assertThat(worker.said())
                    .contains(
                            "The child of queue " + first + " is ready", "The child of queue " + second + " is ready");
            Eventually.passes(Duration.ofSeconds(40), () -> assertThat(a.get("/v1/workers/" + first)
                            .expect(200)
                            .json()
                            .path("capacity")
                            .asInt())
                    .isEqualTo(1));
            assertThat(blocking(second, "{\"do\":\"that\"}").json().path("did").asText())
                    .isEqualTo("that");
            assertThat(worker.exitCode()).isZero();
        }
    }

    @Test
    void anUpstreamThatStallsCostsAnAttemptAndInAStreamTheRestOfTheAnswer() throws Exception {
        String queue = a.newQueue();
        a.patch("/v1/queues/" + queue, "{\"backoff\":{\"type\":\"fixed\",\"delay_ms\":10}}")
                .expect(200);
        try (Model model = new Model();
                WorkerProcess worker = WorkerProcess.start(
                        a,
                        "openai",
                        "-q",
                        queue + ":0",
                        "--upstream",
                        model.url(),
                        "--timeout",
                        "1s",
                        "--retries",
                        "0")) {
            assertThat(b.put(chat(Put.blocking(queue), "stall")).expect(200).text())
                    .isEqualTo("{\"choices\":[],\"n\":1.0E+2}");
            assertThat(model.asked).hasValue(2);
            assertThat(worker.said()).contains("failed: The upstream did not answer within 1000 ms");
            try (SseReader caller = SseReader.put(a, chat(Put.streaming(queue), "stall"))) {
                List<String> frames = caller.frames();
                assertThat(frames.get(0)).isEqualTo("id:0\nevent:message\ndata:{\"n\":1}\n\n");
                assertThat(frames.get(1)).contains("The upstream sent nothing for 1000 ms in the middle of its answer");
            }
        }
    }

    @Test
    void aChildThatMisbehavesLosesNoTask() {
        String queue = a.newQueue();
        try (WorkerProcess worker = WorkerProcess.start(
                a,
                "exec",
                "-q",
                queue,
                "-c",
                "2",
                "--worker-id",
                queue,
                "--timeout",
                "3s",
                "--max-line",
                "100k",
                "--max-consecutive-errors",
                "0",
                "--",
                "python3",
                CHILD.toString())) {
            worker.says("is ready");
            assertThat(blocking(queue, "{\"do\":\"garbage\"}").text())
                    .isEqualTo("{\"did\":\"garbage\",\"attempt\":1,\"key\":false}");
            assertThat(blocking(queue, "{\"do\":\"fail\"}").json().path("error").asText())
                    .isEqualTo("no such picture");
            for (String trouble : List.of("unwell", "huge", "crash", "quit", "hang")) {
                assertThat(blocking(queue, "{\"do\":\"" + trouble + "\"}")
                                .json()
                                .path("attempt")
                                .asInt())
                        .as(trouble)
                        // one more may meet the child just as it ends
                        .isBetween(2, 3);
            }
            assertThat(worker.said()).contains("loading with ****").doesNotContain("hush-hush");

            JsonNode known = b.get("/v1/workers/" + queue).expect(200).json();
            assertThat(known.path("kind").asText()).isEqualTo("exec");
            assertThat(known.path("alive").asBoolean()).isTrue();
            assertThat(known.path("capacity").asInt()).isEqualTo(2);
            assertThat(known.path("queues").get(0).asText()).isEqualTo(queue);
            b.post("/v1/workers/" + queue + "/drain").expect(200);
            assertThat(worker.exitCode()).isZero();
            Eventually.passes(() -> {
                JsonNode stats =
                        a.get("/v1/workers/" + queue + "/stats").expect(200).json();
                assertThat(stats.path("completed").asInt()).isEqualTo(7);
                assertThat(stats.path("failed").asInt()).isBetween(5, 10);
            });
        }
    }

    private Answer blocking(String queue, String data) {
        return a.put(Put.blocking(queue).data(data));
    }

    @Test
    void aShellCommandDoesOneTaskEach() {
        String queue = a.newQueue();
        String script = "read -r line; id=${line#*task_id\\\":\\\"}; id=${id%%\\\"*};"
                + " printf '{\"task_id\":\"%s\",\"result\":\"did it\"}\\n' \"$id\"";
        try (WorkerProcess worker = WorkerProcess.start(
                a, "exec", "--mode", "one_shot", "-q", queue + ":0", "--max-runs", "2", "--", "sh", "-c", script)) {
            assertThat(blocking(queue, "{}").text()).isEqualTo("\"did it\"");
            assertThat(blocking(queue, "{\n\"a\":1}").text()).isEqualTo("\"did it\"");
            assertThat(worker.exitCode()).isZero();
        }
    }

    @Test
    void httpHandsInWhatTheUrlAnswers() throws Exception {
        String queue = a.newQueue();
        try (Model model = new Model();
                WorkerProcess worker = WorkerProcess.start(
                        a, "http", "-q", queue + ":0", "--url", model.url() + "/chat/completions")) {
            assertThat(blocking(queue, "{\"bad\":1}").expect(422).text()).isEqualTo("{\"error\":{\"message\":\"no\"}}");
            assertThat(worker.runs()).isTrue();
        }
    }

    @Test
    void whatCannotBeDoneInTimeAtSigtermGoesBackUnharmed() {
        String queue = a.newQueue();
        String task = a.putTask(Put.offline(queue));
        try (WorkerProcess worker =
                WorkerProcess.start(a, "echo", "-q", queue, "--delay", "10m", "--shutdown-timeout", "500ms")) {
            Eventually.passes(
                    Duration.ofSeconds(40),
                    () -> assertThat(a.task(task).json().path("state").asText()).isEqualTo("running"));
            worker.terminate();
            assertThat(worker.exitCode()).isZero();
        }
        JsonNode back = a.task(task).json();
        assertThat(back.path("state").asText()).isEqualTo("waiting");
        assertThat(back.path("lost_leases").asInt()).isZero();
        assertThat(back.path("failures").asInt()).isZero();
    }

    @Test
    void aWorkerThatCannotStartSaysWhyAndEnds() {
        try (WorkerProcess unknown = WorkerProcess.start(a, "echo", "-q", "no-such-queue");
                WorkerProcess unreached = WorkerProcess.start(
                        new Server(URI.create("http://127.0.0.1:9/"), "k"),
                        "echo",
                        "-q",
                        "q",
                        "--wait-for-server",
                        "0s")) {
            assertThat(unknown.exitCode()).isEqualTo(1);
            assertThat(unknown.said()).contains("no-such-queue");
            assertThat(unreached.exitCode()).isEqualTo(1);
            assertThat(unreached.said()).contains("http://127.0.0.1:9/", "does not answer");
        }
    }

    @Test
    void aThousandTasksSurviveTheDeathsOfTheirWorkers() {
        String queue = a.newQueue();
        a.patch("/v1/queues/" + queue, "{\"max_lost_leases\":-1}").expect(200);
        StringBuilder puts = new StringBuilder("[");
        for (int i = 0; i < 1000; i++) {
            puts.append(i == 0 ? "" : ",")
                    .append(Put.offline(queue).data("{\"n\":" + i + "}").json());
        }
        a.post("/v1/queue/put-many", puts.append("]").toString()).expect(200);

        List<WorkerProcess> workers = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                workers.add(echo(queue));
            }
            for (int death = 1; death <= 4; death++) {
                long wanted = 200L * death;
                Eventually.get(Duration.ofSeconds(40), () -> completed(queue), done -> done >= wanted);
                workers.get(death % 3).kill();
                workers.set(death % 3, echo(queue));
            }
            Eventually.get(Duration.ofSeconds(40), () -> completed(queue), done -> done == 1000);
        } finally {
            workers.forEach(WorkerProcess::close);
        }
    }

    private WorkerProcess echo(String queue) {
        return WorkerProcess.start(a, "echo", "-q", queue + ":1", "-c", "20", "--delay", "50ms", "--lease", "2s");
    }

    private long completed(String queue) {
        return b.get("/v1/queues/" + queue)
                .json()
                .path("counts")
                .path("succeeded")
                .asLong();
    }
}
