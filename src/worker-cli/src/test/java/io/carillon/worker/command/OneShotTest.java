package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A process for each task. */
@Timeout(60)
class OneShotTest {
    private static final String ANSWER = "echo '{\"task_id\":\"t\",\"result\":1}'";

    /** Writes its process number down, and stays. */
    private static final String STAYS = "echo $$ >> children; exec sleep 600";

    @TempDir
    Path directory;

    private static ChildAnswer ask(Duration startup, Duration limit, String script) throws Exception {
        return new OneShot(
                        new ChildLaunch(List.of("sh", "-c", script), Path.of("."), 0),
                        new Child.Limits(startup, limit, Duration.ofSeconds(5), 1000),
                        Secrets.NONE)
                .ask("q", "t", "{\"task_id\":\"t\"}\n");
    }

    @Test
    void aProcessThatIsAskedForNoHandshakeMayBeSilentWhileItWorks() throws Exception {
        assertThat(ask(null, Duration.ofSeconds(20), "sleep 1; " + ANSWER)
                        .result()
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void aProcessThatIsAskedForAHandshakeMustSayThatItIsReadyInTime() throws Exception {
        assertThatThrownBy(() -> ask(Duration.ofMillis(300), Duration.ZERO, "sleep 60"))
                .isInstanceOf(ChildAnswer.AttemptFailed.class)
                .hasMessage("The child was not ready within 300 ms");
        assertThat(ask(Duration.ofSeconds(3), Duration.ZERO, "echo '{\"status\":\"ready\"}'; sleep 4; " + ANSWER)
                        .result()
                        .asInt())
                .as("once it is ready it has the time of its task")
                .isEqualTo(1);
    }

    @Test
    void theEndOfTheProcessIsTheEndAlsoWhenSomethingElseHoldsItsStandardOutput() {
        assertThatThrownBy(() -> ask(null, Duration.ZERO, "setsid sleep 25 & exit 3"))
                .isInstanceOf(ChildAnswer.AttemptFailed.class)
                .hasMessage("The child ended without an answer (exit code 3)");
    }

    @Test
    void whatTakesTooLongIsKilled() {
        assertThatThrownBy(() -> ask(null, Duration.ofMillis(300), "sleep 60"))
                .hasMessage("The child took longer than 300 ms");
    }

    private ExecCommand command() throws IOException {
        CommandLine line = new CommandLine(new CarillonWorker());
        Sources sources = Sources.of(Map.of(), Files.createFile(directory.resolve("worker.yaml")));
        line.setDefaultValueProvider(sources);
        ExecCommand exec = line.getSubcommands().get("exec").getCommand();
        exec.sources = sources;
        line.parseArgs(
                "exec",
                "--queue",
                "q",
                "--key",
                "k",
                "--mode",
                "one_shot",
                "--directory",
                directory.toString(),
                "--",
                "sh",
                "-c",
                STAYS);
        return exec;
    }

    private List<Long> children() {
        try {
            Path file = directory.resolve("children");
            return Files.exists(file)
                    ? Files.readAllLines(file).stream().map(Long::valueOf).toList()
                    : List.of();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** One that has ended, and that nobody has asked how, has no program any more. */
    private List<Long> alive() {
        return children().stream()
                .filter(number -> ProcessHandle.of(number)
                        .flatMap(handle -> handle.info().command())
                        .isPresent())
                .toList();
    }

    @AfterEach
    void endWhatIsLeft() {
        alive().forEach(number -> ProcessHandle.of(number).ifPresent(ProcessHandle::destroyForcibly));
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time is over").isLessThan(until);
            new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void noneIsLeftAtTheEndOfTheCommandAndNoneStartsAgain() throws Exception {
        ExecCommand exec = command();
        exec.build();
        OneShot oneShot = exec.oneShot;
        List<CompletableFuture<Exception>> failures = IntStream.range(0, 10)
                .mapToObj(i -> {
                    CompletableFuture<Exception> failure = new CompletableFuture<>();
                    new Thread(() -> {
                                try {
                                    oneShot.ask("q", "t", "{}\n");
                                } catch (Exception ended) {
                                    failure.complete(ended);
                                }
                            })
                            .start();
                    return failure;
                })
                .toList();
        eventually(() -> children().size() == 10);

        exec.end();

        assertThat(alive()).isEmpty();
        for (CompletableFuture<Exception> failure : failures) {
            assertThat(failure.get(20, TimeUnit.SECONDS)).hasMessageContaining("The child ended without an answer");
        }
        assertThatThrownBy(() -> oneShot.ask("q", "t", "{}\n")).hasMessageContaining("The worker ends");
    }

    /** A server that gives as many tasks as it is asked for. */
    private static void serve(HttpExchange exchange, AtomicInteger given) throws IOException {
        try (exchange) {
            var asked = Trees.JSON.readTree(exchange.getRequestBody().readAllBytes());
            String tasks = "";
            if (exchange.getRequestURI().getPath().endsWith("/take")) {
                for (int i = asked.path("size").asInt(); i > 0; i--) {
                    tasks += "{\"task_id\":\"t" + given.incrementAndGet() + "\",\"attempt\":1,\"expire_time\":7},";
                }
            }
            byte[] answer = (tasks.isEmpty() ? "{}" : "{\"q:0\":[" + tasks.replaceFirst(",$", "") + "]}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    @Test
    void noneIsLeftWhenTheCommandHasEndedAtASignal() throws Exception {
        int many = 40;
        AtomicInteger given = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> serve(exchange, given));
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CarillonWorker.class.getName(),
                        "exec",
                        "--queue",
                        "q:0",
                        "--server",
                        "http://localhost:" + server.getAddress().getPort(),
                        "--key",
                        "k",
                        "--mode",
                        "one_shot",
                        "--concurrency",
                        Integer.toString(many),
                        "--shutdown-timeout",
                        "0s",
                        "--",
                        "sh",
                        "-c",
                        STAYS)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("CARILLON_"));
        Process command = builder.start();
        try {
            eventually(() -> children().size() == many);
            command.destroy();
            assertThat(command.waitFor(40, TimeUnit.SECONDS)).isTrue();

            assertThat(alive()).as(Files.readString(directory.resolve("log"))).isEmpty();
            assertThat(command.exitValue()).isZero();
        } finally {
            command.destroyForcibly();
            server.stop(0);
        }
    }
}
