package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.carillon.worker.Task;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream that begins an answer and does not finish it in time. */
@Timeout(30)
class UpstreamTest {
    private static final Task TASK =
            new Task("t", "q:0", "/v1/chat/completions", "{}", "blocking", 1, null, Instant.MAX, null, null);

    private final CompletableFuture<Boolean> hungUp = new CompletableFuture<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer http;

    @BeforeEach
    void start() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(threads);
        http.createContext("/whole", exchange -> answer(exchange, "application/json", this::drip));
        http.createContext(
                "/whole/once",
                exchange -> answer(exchange, "application/json", out -> {
                    if (asked.incrementAndGet() == 1) {
                        drip(out);
                    } else {
                        out.write("{\"n\":1}".getBytes(StandardCharsets.UTF_8));
                    }
                }));
        http.createContext(
                "/stream",
                exchange -> answer(exchange, "text/event-stream", out -> {
                    for (int i = 0; i < 5; i++) {
                        out.write("data: {}\n\n".getBytes(StandardCharsets.UTF_8));
                        out.flush();
                        wait(300);
                    }
                    over.await();
                }));
        http.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        http.stop(0);
        threads.shutdownNow();
    }

    private interface Body {
        void write(OutputStream out) throws IOException, InterruptedException;
    }

    private static void answer(HttpExchange exchange, String type, Body body) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(200, 0);
            body.write(exchange.getResponseBody());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** A byte now and then, so that the connection is never silent for long, without an end. */
    private void drip(OutputStream out) throws InterruptedException {
        try {
            while (!wait(50)) {
                out.write(' ');
                out.flush();
            }
        } catch (IOException gone) {
            hungUp.complete(true);
        }
    }

    private boolean wait(int millis) throws InterruptedException {
        return over.await(millis, TimeUnit.MILLISECONDS);
    }

    private URI url(String path) {
        return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + path);
    }

    private static Upstream upstream(int millis, int retries) {
        return new Upstream(List.of(), Duration.ofMillis(millis), retries);
    }

    @Test
    void theTimeForAnAnswerIsForItsBodyTooAndEndsTheRequest() throws Exception {
        Upstream upstream = upstream(400, 0);

        assertThatThrownBy(() -> upstream.post(url("/whole"), "{}", TASK, true))
                .isInstanceOf(HttpTimeoutException.class)
                .hasMessageContaining("400 ms");
        assertThat(hungUp.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anAnswerThatStallsIsTriedAgain() throws Exception {
        try (Upstream.Answer answer = upstream(1000, 1).post(url("/whole/once"), "{}", TASK, true)) {
            assertThat(answer.text()).isEqualTo("{\"n\":1}");
        }
    }

    @Test
    void aStreamMayTakeLongButNotBetweenTwoPieces() throws Exception {
        try (Upstream.Answer answer = upstream(1000, 0).post(url("/stream"), "{}", TASK, true)) {
            InputStream stream = answer.stream();

            assertThat(new String(stream.readNBytes(50), StandardCharsets.UTF_8))
                    .isEqualTo("data: {}\n\n".repeat(5));
            assertThatThrownBy(stream::read)
                    .isInstanceOf(HttpTimeoutException.class)
                    .hasMessageContaining("1000 ms");
        }
        assertThatThrownBy(() -> upstream(1000, 0).post(url("/stream"), "{}", TASK, false))
                .as("as one text the whole has that time")
                .isInstanceOf(HttpTimeoutException.class);
    }

    @Test
    void anInterruptEndsAStream() throws Exception {
        try (Upstream.Answer answer = upstream(20_000, 0).post(url("/stream"), "{}", TASK, true)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> answer.stream().readAllBytes()).isInstanceOf(IOException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void whatIsBusyIsAskedAgainAndItsLastAnswerIsTheAnswer(int status) throws Exception {
        http.createContext("/busy", exchange -> {
            try (exchange) {
                byte[] body = ("{\"number\":" + asked.incrementAndGet() + "}").getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Retry-After", "0.05");
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
            }
        });

        try (Upstream.Answer answer = upstream(5000, 2).post(url("/busy"), "{}", TASK, true)) {
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.text()).isEqualTo("{\"number\":3}");
            assertThat(answer.retryAfter()).hasValue(Duration.ofMillis(50));
            assertThat(answer.inShort(new Secrets(List.of("number")))).isEqualTo(status + ": {\"****\":3}");
        }
    }

    @Test
    void theTimeThatRetryAfterAsksForIsKept() throws Exception {
        AtomicLong second = new AtomicLong();
        http.createContext("/later", exchange -> {
            try (exchange) {
                if (asked.incrementAndGet() == 2) {
                    second.set(System.nanoTime());
                }
                exchange.getResponseHeaders().set("Retry-After", "1.5");
                exchange.sendResponseHeaders(asked.get() == 1 ? 503 : 200, -1);
            }
        });
        long since = System.nanoTime();

        try (Upstream.Answer answer = upstream(5000, 1).post(url("/later"), "{}", TASK, true)) {
            assertThat(answer.status()).isEqualTo(200);
        }
        assertThat(Duration.ofNanos(second.get() - since)).isGreaterThanOrEqualTo(Duration.ofMillis(1500));
    }

    @Test
    void anUpstreamThatStartsLateIsReached() throws Exception {
        int port = http.getAddress().getPort();
        URI url = url("/late");
        http.stop(0);
        assertThatThrownBy(() -> upstream(5000, 0).post(url, "{}", TASK, true)).isInstanceOf(ConnectException.class);

        CompletableFuture<Integer> status = CompletableFuture.supplyAsync(
                () -> {
                    try (Upstream.Answer answer = upstream(5000, 6).post(url, "{}", TASK, true)) {
                        return answer.status();
                    } catch (IOException | InterruptedException failed) {
                        throw new IllegalStateException(failed);
                    }
                },
                threads);
        wait(300);
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        http.createContext("/late", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, -1);
            }
        });
        http.start();

        assertThat(status.get(25, TimeUnit.SECONDS)).isEqualTo(200);
    }

    @Test
    void onlyHeadersThatAreSecretByTheirNamesAreKeptOutOfTheLog() {
        assertThat(Upstream.secrets(List.of("Authorization: Bearer sk-1", "X-Api-Key: two", "X-Team: production")))
                .containsExactly("Bearer sk-1", "sk-1", "two", "two");
    }

    @Test
    void noTimeAtAllIsRefused() {
        assertThatThrownBy(() -> upstream(0, 0)).hasMessage("--timeout must be more than 0");
    }
}
