package io.carillon.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Tells probes over HTTP how a worker is: {@code /health/live} is 200 until it has ended, {@code /health/ready} is 200 while it
 * takes tasks, is not paused, and the server answers it, {@code /stats} has its {@link Statistics}, and {@code /metrics} what
 * Prometheus reads, if there is that. Everything else is 404.
 */
public final class HealthEndpoint implements AutoCloseable {
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;
    private static final Duration SILENCE = Duration.ofSeconds(90);

    private final HttpServer http;
    private final ExecutorService thread;
    private final Worker worker;
    private final Supplier<String> metrics;

    private HealthEndpoint(HttpServer http, Worker worker, Supplier<String> metrics) {
        this.http = http;
        this.worker = worker;
        this.metrics = metrics;
        this.thread = Executors.newSingleThreadExecutor(work -> {
            Thread serving = new Thread(work, "carillon-health");
            serving.setDaemon(true);
            return serving;
        });
    }

    /**
     * @param address on which it listens
     * @param port 0 for any that is free
     * @param metrics gives the text for Prometheus; null when there is none
     * @throws IOException when it cannot listen there
     */
    public static HealthEndpoint start(Worker worker, InetAddress address, int port, Supplier<String> metrics)
            throws IOException {
        HealthEndpoint endpoint =
                new HealthEndpoint(HttpServer.create(new InetSocketAddress(address, port), 0), worker, metrics);
        endpoint.http.createContext("/", endpoint::answer);
        endpoint.http.setExecutor(endpoint.thread);
        endpoint.http.start();
        return endpoint;
    }

    /** Where it listens. */
    public int port() {
        return http.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            switch (exchange.getRequestURI().getPath()) {
                case "/health", "/health/live" -> status(exchange, worker.state() != Worker.State.ENDED);
                case "/health/ready" -> status(exchange, isReady());
                case "/stats" -> send(exchange, OK, "application/json", Result.JSON.writeValueAsString(stats()));
                case "/metrics" -> {
                    if (metrics == null) {
                        send(exchange, NOT_FOUND, "text/plain", "no metrics\n");
                    } else {
                        send(exchange, OK, "text/plain; version=0.0.4; charset=utf-8", metrics.get());
                    }
                }
                default -> send(exchange, NOT_FOUND, "text/plain", "not found\n");
            }
        }
    }

    private boolean isReady() {
        return worker.state() == Worker.State.RUNNING
                && !worker.isPaused()
                && !worker.isServerAway()
                && worker.sinceAnswer().compareTo(SILENCE) < 0;
    }

    private void status(HttpExchange exchange, boolean well) throws IOException {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", well ? "UP" : "DOWN");
        body.put("worker_id", worker.id());
        body.put("state", worker.state().text());
        send(exchange, well ? OK : UNAVAILABLE, "application/json", Result.JSON.writeValueAsString(body));
    }

    private Map<String, Object> stats() {
        Statistics statistics = worker.statistics();
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("worker_id", worker.id());
        body.put("state", worker.state().text());
        body.put("capacity", worker.capacity());
        body.put("running", statistics.running());
        body.put("taken", statistics.taken());
        body.put("completed", statistics.completed());
        body.put("failed", statistics.failed());
        body.put("refused", statistics.refused());
        body.put("released", statistics.released());
        body.put("cancelled", statistics.cancelled());
        body.put("call_errors", statistics.callErrors());
        body.put("busy_ms", statistics.busy().toMillis());
        body.put("started_at", statistics.started().toEpochMilli());
        body.put("last_error", statistics.lastError());
        return body;
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        http.stop(0);
        thread.shutdownNow();
    }
}
