package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.carillon.worker.ScheduledWorker.Properties;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker towards a server that answers what a real one seldom does: refusals, half of them, and slowly. */
@Timeout(60)
class WorkerTest {
    /** A call that the worker made. */
    private record Call(String verb, JsonNode body) {}

    /** The answer to a call instead of the usual one; null for the usual. */
    private interface Answers {
        String to(Call call, int nth);
    }

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> tasks = new LinkedBlockingQueue<>();
    private volatile Answers answers = (call, nth) -> null;
    private volatile long slowly;
    private volatile String halfAnswered = "";
    private HttpServer http;

    @BeforeEach
    void listen() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::serve);
        http.setExecutor(threads);
        http.start();
    }

    @AfterEach
    void close() {
        http.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] sent = exchange.getRequestBody().readAllBytes();
            Call call = new Call(
                    path.substring(path.lastIndexOf('/') + 1),
                    sent.length == 0 ? Result.JSON.nullNode() : Result.JSON.readTree(sent));
            calls.add(call);
            String answer = path.startsWith("/carillon/v1/queue/")
                    ? answers.to(call, calls(call.verb()).size())
                    : "404 no such path";
            if (answer == null) {
                answer = "200 " + usual(call);
            }
            if (halfAnswered.equals(call.verb())) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
                blocked();
                return;
            }
            if (slowly > 0 && call.verb().equals("release")) {
                new CountDownLatch(1).await(slowly, TimeUnit.MILLISECONDS);
            }
            byte[] body = answer.substring(4).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Retry-After", "0");
            exchange.sendResponseHeaders(Integer.parseInt(answer.substring(0, 3)), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private String usual(Call call) {
        return switch (call.verb()) {
            case "take" -> taken(call.body());
            case "complete-many" ->
                "{\"results\":["
                        + "{\"accepted\":true},"
                                .repeat(call.body().path("results").size())
                                .replaceFirst(",$", "") + "],\"tasks\":"
                        + (call.body().has("take") ? taken(call.body().path("take")) : "{}") + "}";
            default -> "{}";
        };
    }

    private String taken(JsonNode take) {
        List<String> some = new ArrayList<>();
        tasks.drainTo(some, take.path("size").asInt());
        if (some.isEmpty()) {
            try {
                // as a long poll, but short: a worker that polls in vain must not spin
                String first = tasks.poll(50, TimeUnit.MILLISECONDS);
                if (first != null) {
                    some.add(first);
                }
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        }
        return "{\"q:0\":[" + String.join(",", some) + "]}";
    }

    private void give(int from, int count) {
        for (int i = from; i < from + count; i++) {
            tasks.add(
                    "{\"task_id\":\"t" + i
                            + "\",\"attempt\":2,\"expire_time\":7,\"trace_id\":\"trace\",\"instance_id\":\"i\",\"response_mode\":\"streaming\"}");
        }
    }

    private List<Call> calls(String verb) {
        return calls.stream().filter(call -> call.verb().equals(verb)).toList();
    }

    private WorkerBuilder worker() {
        return Worker.builder()
                .server("http://localhost:" + http.getAddress().getPort() + "/carillon/v1/")
                .key("k")
                .longPoll(Duration.ZERO)
                .heartbeat(Duration.ofMillis(100));
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time is over").isLessThan(until);
            new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
        }
    }

    private List<JsonNode> results() {
        List<JsonNode> all = new ArrayList<>();
        calls("complete-many").forEach(call -> call.body().path("results").forEach(all::add));
        return all;
    }

    /** Neither task ends before both have begun, so their results go in together. */
    private Worker workerOfTwoTasksAtOnce() {
        CountDownLatch both = new CountDownLatch(2);
        return worker().concurrency(2)
                .handler("q", task -> {
                    both.countDown();
                    both.await();
                    return "done";
                })
                .start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"401 who?", "403 no", "404 no such path", "302 elsewhere", "503 busy"})
    void aRefusedCallerKeepsItsResultsUntilItIsLetInAgain(String refusal) throws Exception {
        answers = (call, nth) -> call.verb().equals("complete-many") && nth < 3 ? refusal : null;
        give(1, 2);
        try (Worker worker = workerOfTwoTasksAtOnce()) {
            eventually(() -> worker.statistics().completed() == 2);
            assertThat(results()).as("the same each time").allSatisfy(result -> assertThat(
                            result.path("result").path("status_code").asInt())
                    .isEqualTo(200));
            assertThat(worker.statistics().refused()).isZero();
            assertThat(worker.statistics().running()).isZero();
        }
    }

    @Test
    void aFailedAttemptIsToldAgainWhenTheKeyIsMended() throws Exception {
        answers = (call, nth) -> call.verb().equals("retry") && nth < 3 ? "401 who?" : null;
        give(1, 1);
        try (Worker worker = worker().handler("q", task -> {
                    task.markFailed("not now", Duration.ofSeconds(3));
                    return null;
                })
                .start()) {
            eventually(() -> worker.statistics().failed() == 1);
            assertThat(calls("retry")).hasSize(3).last().satisfies(call -> {
                assertThat(call.body().path("attempt").asInt()).isEqualTo(2);
                assertThat(call.body().path("delay_ms").asInt()).isEqualTo(3000);
                assertThat(call.body().path("reason").asText()).isEqualTo("not now");
            });
            assertThat(worker.statistics().refused()).isZero();
        }
    }

    @Test
    void aWorkerThatDrainsEndsAlsoWhenItsKeyIsGone() throws Exception {
        answers = (call, nth) -> call.verb().equals("complete-many") ? "401 who?" : null;
        give(1, 1);
        try (Worker worker = worker().shutdownTimeout(Duration.ZERO)
                .handler("q", task -> "done")
                .start()) {
            eventually(() -> !calls("complete-many").isEmpty());
            worker.drain();
            assertThat(worker.awaitEnd(Duration.ofSeconds(60))).contains(Worker.Reason.DRAINED);
        }
    }

    @Test
    void resultsThatAreRefusedAgainAndAgainEndTheWorker() throws Exception {
        answers = (call, nth) -> call.verb().equals("complete-many") ? "401 who?" : null;
        give(1, 1);
        try (Worker worker = worker().maxConsecutiveErrors(3)
                .shutdownTimeout(Duration.ZERO)
                .handler("q", task -> "done")
                .start()) {
            assertThat(worker.awaitEnd(Duration.ofSeconds(20))).contains(Worker.Reason.TOO_MANY_ERRORS);
            assertThat(worker.statistics().lastError()).contains("401");
        }
    }

    @ParameterizedTest
    @CsvSource({"400,500", "413,413"})
    void aResultThatTheServerRefusesEndsItsTaskWithTheReason(int refused, int told) throws Exception {
        answers = (call, nth) -> nth == 1 && call.verb().equals("complete-many")
                ? "200 {\"results\":[{\"accepted\":false,\"code\":" + refused + ",\"message\":\"too deep\"}]}"
                : null;
        give(1, 1);
        try (Worker worker = worker().handler("q", task -> "done").start()) {
            eventually(() -> worker.statistics().completed() == 1);
            assertThat(results()).last().satisfies(result -> {
                assertThat(result.path("result").path("status_code").asInt()).isEqualTo(told);
                assertThat(result.path("result").path("body").path("error").asText())
                        .contains(told == 413 ? "too large" : "too deep");
            });
        }
    }

    @Test
    void ofACallThatIsRefusedAsAWholeOnlyTheCulpritFails() throws Exception {
        answers = (call, nth) ->
                call.verb().equals("complete-many") && call.body().toString().contains("\"t2\"")
                        ? "400 no such JSON"
                        : null;
        give(1, 2);
        try (Worker worker = workerOfTwoTasksAtOnce()) {
            eventually(
                    () -> worker.statistics().completed() + worker.statistics().refused() == 2);
            assertThat(worker.statistics().completed()).isEqualTo(1);
            assertThat(results().stream()
                            .filter(result -> result.path("task_id").asText().equals("t2")
                                    && result.path("result").path("status_code").asInt() == 500))
                    .as("once with others perhaps, and once alone")
                    .hasSizeBetween(1, 2);
        }
    }

    @Test
    void aShortLeaseIsRenewedThriceInItsTime() throws Exception {
        assertThat(worker().heartbeat(Duration.ofSeconds(5))
                        .lease(Duration.ofMillis(3900))
                        .heartbeatPeriod())
                .isEqualTo(Duration.ofSeconds(1));
        assertThat(worker().heartbeat(Duration.ofSeconds(5)).lease(null).heartbeatPeriod())
                .isEqualTo(Duration.ofSeconds(5));
        long begun = System.nanoTime();
        try (Worker worker = worker().heartbeat(Duration.ofSeconds(5))
                .lease(Duration.ofSeconds(1))
                .handler("q", task -> null)
                .start()) {
            eventually(() -> calls("heartbeat").size() >= 3);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    @Test
    void aHeartbeatThatNobodyAnswersIsFollowedByAnotherWithinTheLease() throws Exception {
        answers = (call, nth) -> call.verb().equals("heartbeat") && nth == 1 ? blocked() : null;

        try (Worker worker = worker().requestTimeout(Duration.ofSeconds(60))
                .lease(Duration.ofSeconds(3))
                .handler("q", task -> null)
                .start()) {
            eventually(() -> calls("heartbeat").size() >= 2);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    @Test
    void aHeartbeatWhoseAnswerBreaksOffInTheMiddleIsFollowedByAnother() throws Exception {
        halfAnswered = "heartbeat";

        try (Worker worker =
                worker().lease(Duration.ofSeconds(3)).handler("q", task -> null).start()) {
            eventually(() -> calls("heartbeat").size() >= 3);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"take", "complete-many", "retry", "release"})
    void aCallWhoseAnswerBreaksOffInTheMiddleIsFollowedByAnother(String verb) throws Exception {
        halfAnswered = verb;
        give(1, 1);

        try (Worker worker = worker().requestTimeout(Duration.ofMillis(300))
                .shutdownTimeout(Duration.ZERO)
                .handler("q", task -> {
                    if (verb.equals("retry")) {
                        task.markFailed("not now");
                    } else if (verb.equals("release")) {
                        task.release("not mine");
                    }
                    return "done";
                })
                .start()) {
            eventually(() -> calls(verb).size() >= 2);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    /** An answer that does not come as long as the test runs. */
    private String blocked() {
        try {
            new CountDownLatch(1).await(60, TimeUnit.SECONDS);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    private static boolean names(Call take, String queue) {
        return take.body().path("queues").toString().contains("\"" + queue + "\"");
    }

    @Test
    void aPausedQueueIsLeftOutAndATakeThatWaitsForOthersMakesWayWhenItIsBack() throws Exception {
        answers = (call, nth) -> call.verb().equals("take") && !names(call, "q:0") ? blocked() : null;
        Worker worker = worker().longPoll(Duration.ofSeconds(60))
                .handler("q:0", task -> null)
                .handler("r:0", task -> null)
                .build();
        worker.pause("q");
        try (worker) {
            worker.start();
            eventually(() -> calls("take").size() == 1);
            assertThat(calls("take")).noneMatch(take -> names(take, "q:0")).allMatch(take -> names(take, "r:0"));
            assertThat(worker.isPaused()).isFalse();

            worker.resume("q");

            eventually(() -> calls("take").stream().anyMatch(take -> names(take, "q:0")));
        }
    }

    @Test
    void aTakeThatWaitsForAQueueAlreadyIsNotDisturbedWhenItIsBack() throws Exception {
        CountDownLatch wait = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        answers = (call, nth) -> {
            if (!call.verb().equals("take")) {
                return null;
            }
            if (nth > 1) {
                return blocked();
            }
            try {
                wait.await();
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
            return "200 {\"q:0\":[{\"task_id\":\"t\",\"attempt\":1,\"expire_time\":7}]}";
        };
        try (Worker worker = worker().longPoll(Duration.ofSeconds(60))
                .handler("q:0", task -> {
                    done.countDown();
                    return null;
                })
                .start()) {
            eventually(() -> calls("take").size() == 1);
            worker.pause("q");
            assertThat(worker.isPaused()).isTrue();
            worker.resume("q");
            wait.countDown();

            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aTaskThatIsKeptForLaterBeginsAgainInAWorkerWithRoomForOne() throws Exception {
        give(1, 1);
        AtomicInteger begun = new AtomicInteger();
        try (ScheduledWorker scheduled = ScheduledWorker.of(
                worker().executor(task -> {
                    if (begun.incrementAndGet() == 1) {
                        task.markRetryLater(Duration.ofMillis(20));
                    } else {
                        task.markComplete("done");
                    }
                }),
                Properties.of("q"))) {
            scheduled.start();
            eventually(() -> scheduled.worker().statistics().completed() == 1);
            assertThat(begun).hasValue(2);
            assertThat(calls("complete-many")).hasSize(1);
        }
    }

    /** Fails the first time, as a process without memory or threads does. */
    private static final class Once {
        private final AtomicInteger times = new AtomicInteger();

        void fail() {
            if (times.incrementAndGet() == 1) {
                throw new OutOfMemoryError("unable to create native thread");
            }
        }
    }

    @Test
    void aTaskThatCannotBeBegunForWantOfThreadsGoesBackAndLaterOnesAreDone() throws Exception {
        Once once = new Once();
        give(1, 3);
        try (Worker worker = worker().concurrency(1)
                .executor(task -> {
                    once.fail();
                    task.markComplete("done");
                })
                .queue("q")
                .start()) {
            // It has room for one: with a reservation lost there would be none for these.
            eventually(() -> worker.statistics().completed() == 2);
            assertThat(calls("release")).singleElement().satisfies(call -> assertThat(
                            call.body().path("reason").asText())
                    .contains("unable to create native thread"));
            eventually(() -> worker.statistics().running() == 0);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    @Test
    void aWorkerGoesOnTakingAfterItWasOutOfMemory() throws Exception {
        Once once = new Once();
        give(1, 1);
        try (Worker worker = worker().executor(new TaskExecutor() {
                    @Override
                    public void submit(TaskWrapper task) {
                        task.markComplete("done");
                    }

                    @Override
                    public Integer remainingCapacity() {
                        once.fail();
                        return 1;
                    }
                })
                .queue("q")
                .start()) {
            eventually(() -> worker.statistics().completed() == 1);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    @Test
    void heartbeatsGoOnAfterOneWasOutOfMemory() throws Exception {
        Once once = new Once();
        CountDownLatch begun = new CountDownLatch(1);
        answers = (call, nth) ->
                call.verb().equals("heartbeat") && begun.getCount() == 0 ? "200 {\"cancel\":[\"t1\"]}" : null;
        give(1, 1);
        try (Worker worker = worker().shutdownTimeout(Duration.ZERO)
                .executor(task -> {
                    task.begin(new Thread() {
                        @Override
                        public void interrupt() {
                            once.fail();
                        }
                    });
                    begun.countDown();
                })
                .queue("q")
                .start()) {
            eventually(() -> once.times.get() > 0);
            int before = calls("heartbeat").size();
            eventually(() -> calls("heartbeat").size() > before + 1);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
        }
    }

    @Test
    void aScheduledWorkerThatCanBeginNothingRestsUntilItsNextTime() throws Exception {
        give(1, 100);
        try (ScheduledWorker scheduled = ScheduledWorker.of(
                worker().executor(task -> {
                    throw new OutOfMemoryError("unable to create native thread");
                }),
                new Properties(true, null, List.of("q"), "fifo", 1, 3_600_000))) {
            scheduled.start();
            eventually(() -> !calls("release").isEmpty());
            TimeUnit.MILLISECONDS.sleep(300);

            assertThat(calls("take")).hasSize(1);
        }
    }

    @Test
    void aScheduledWorkerStopsAlsoWhileTasksComeWithoutEnd() throws Exception {
        answers = (call, nth) -> call.verb().equals("take")
                ? "200 {\"q:0\":[{\"task_id\":\"t" + nth + "\",\"attempt\":1,\"expire_time\":7}]}"
                : null;
        ScheduledWorker scheduled =
                ScheduledWorker.of(worker().executor(task -> task.markComplete("done")), Properties.of("q"));
        scheduled.start();
        eventually(() -> scheduled.worker().statistics().taken() > 2);

        long begun = System.nanoTime();
        scheduled.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .as("a minute is how long it waits for a take at most")
                .isLessThan(Duration.ofSeconds(40));
        assertThat(scheduled.worker().awaitEnd()).isEqualTo(Worker.Reason.STOPPED);
    }

    @Test
    void aWorkerThatDrainsOrHasEndedTakesNothingAndThatIsNoError() throws Exception {
        CompletableFuture<TaskWrapper> begun = new CompletableFuture<>();
        Worker worker = worker().executor(begun::complete).queue("q").build();
        try (worker) {
            give(1, 3);
            assertThat(worker.pullAndProcess()).isEqualTo(1);
            assertThat(worker.takeAndRun(Take.from("q:0"))).isEqualTo(1);
            worker.drain();
            assertThat(worker.pullAndProcess()).isZero();
            assertThat(worker.takeAndRun(Take.from("q:0"))).isZero();
            assertThat(worker.state()).isEqualTo(Worker.State.DRAINING);
            assertThat(worker.statistics().callErrors()).isZero();
            TaskWrapper task = begun.get();
            assertThat(task.deadline()).isEqualTo(Instant.ofEpochMilli(7));
            assertThat(task.traceId()).isEqualTo("trace");
            assertThat(task.isStreaming()).isTrue();
            task.release("not mine");
            assertThat(calls("release")).singleElement().satisfies(call -> assertThat(
                            call.body().path("reason").asText())
                    .isEqualTo("not mine"));
            assertThat(worker.statistics().released()).isEqualTo(1);
            new Thread(worker::stop).start();
            eventually(() -> worker.statistics().running() == 1);
            worker.stop();
        }
        assertThat(worker.pullAndProcess()).isZero();
        assertThat(worker.state()).isEqualTo(Worker.State.ENDED);
        assertThat(worker.statistics().released())
                .as("the second stop hands back at once")
                .isEqualTo(2);
    }

    @Test
    void severalHundredTasksGoBackInTimeWhenTheWorkerStops() throws Exception {
        slowly = 50;
        give(1, 400);
        Worker worker = worker().executor(new TaskExecutor() {
                    @Override
                    public void submit(TaskWrapper task) {
                        // stays
                    }

                    @Override
                    public Integer remainingCapacity() {
                        return 400;
                    }
                })
                .queue("q")
                .shutdownTimeout(Duration.ZERO)
                .start();
        eventually(() -> worker.statistics().taken() == 400);

        worker.stop();

        assertThat(worker.statistics().released()).isEqualTo(400);
        assertThat(worker.statistics().running()).isZero();
    }

    @Test
    void afterSoManyRunsItEnds() throws Exception {
        give(1, 5);
        try (Worker worker =
                worker().concurrency(2).maxRuns(3).handler("q", task -> "done").start()) {
            assertThat(worker.awaitEnd()).isEqualTo(Worker.Reason.MAX_RUNS);
            assertThat(worker.statistics().taken()).isEqualTo(3);
            assertThat(results()).hasSize(3);
        }
    }

    @Test
    void whatTheBusDoesNotTakeGoesOverHttp() throws Exception {
        int nobody = closedPort();
        answers = (call, nth) -> call.verb().equals("eventbus")
                ? nth == 1 ? "404 none" : "200 {\"url\":\"redis://localhost:" + nobody + "\",\"topic\":\"t\"}"
                : null;
        give(1, 1);
        try (Worker worker = worker().eventBus(true)
                .handler("q", task -> {
                    task.emitProgress("1", "message", "half");
                    task.emitProgress("2", "message", "most");
                    return "done";
                })
                .start()) {
            eventually(() -> worker.statistics().completed() == 1);
            assertThat(calls("progress"))
                    .extracting(call -> call.body().path("event_data").asText())
                    .containsExactly("half", "most");
            assertThat(calls("complete-many")).hasSize(1);
        }
    }

    private static int closedPort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private static HttpResponse<String> get(HealthEndpoint endpoint, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + endpoint.port() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void probesHearHowItIs() throws Exception {
        give(1, 1);
        try (Worker worker =
                        worker().workerId("me").handler("q", task -> "done").start();
                HealthEndpoint endpoint = HealthEndpoint.start(
                        worker, InetAddress.getByName("localhost"), 0, () -> "carillon_worker_up 1\n")) {
            eventually(() -> worker.statistics().completed() == 1);
            assertThat(get(endpoint, "/health/live").statusCode()).isEqualTo(200);
            assertThat(get(endpoint, "/health/ready").body())
                    .isEqualTo("{\"status\":\"UP\",\"worker_id\":\"me\",\"state\":\"running\"}");
            JsonNode stats = Result.JSON.readTree(get(endpoint, "/stats").body());
            assertThat(stats.path("completed").asInt()).isEqualTo(1);
            assertThat(stats.path("capacity").asInt()).isEqualTo(1);
            assertThat(get(endpoint, "/metrics").body()).isEqualTo("carillon_worker_up 1\n");
            assertThat(get(endpoint, "/metrics").headers().firstValue("Content-Type"))
                    .contains("text/plain; version=0.0.4; charset=utf-8");
            assertThat(get(endpoint, "/else").statusCode()).isEqualTo(404);

            worker.pause();
            assertThat(get(endpoint, "/health/ready").statusCode()).isEqualTo(503);
            assertThat(get(endpoint, "/health/live").statusCode()).isEqualTo(200);
            worker.resume();
            assertThat(get(endpoint, "/health/ready").statusCode()).isEqualTo(200);

            worker.stop();
            assertThat(get(endpoint, "/health/ready").statusCode()).isEqualTo(503);
            assertThat(get(endpoint, "/health/live").statusCode()).isEqualTo(503);
        }
    }

    @Test
    void anAnswerToAHeartbeatIsAnAnswerOfTheServer() throws Exception {
        try (Worker worker = worker().handler("q", task -> null).start()) {
            worker.pause();
            eventually(() -> worker.sinceAnswer().compareTo(Duration.ofMillis(60)) > 0);
            eventually(() -> worker.sinceAnswer().compareTo(Duration.ofMillis(50)) < 0);
        }
    }
}
