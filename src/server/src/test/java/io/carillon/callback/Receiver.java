package io.carillon.callback;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A real HTTP server that keeps the callbacks it gets. */
class Receiver implements AutoCloseable {
    record Received(String method, String path, Headers headers, byte[] body) {
        String task() {
            return headers.getFirst("X-Task-Id");
        }
    }

    /** Answers one request; may block. */
    interface Reply {
        void to(HttpExchange exchange, Received received) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private volatile Reply reply = (exchange, request) -> exchange.sendResponseHeaders(200, -1);

    Receiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    Receiver replying(Reply newReply) {
        reply = newReply;
        return this;
    }

    Receiver replying(int status) {
        return replying((exchange, request) -> exchange.sendResponseHeaders(status, -1));
    }

    private void handle(HttpExchange exchange) throws IOException {
        mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Received request = new Received(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    exchange.getRequestHeaders(),
                    body);
            received.add(request);
            reply.to(exchange, request);
        } finally {
            atOnce.decrementAndGet();
        }
    }

    List<Received> received() {
        return received;
    }

    List<String> tasks() {
        return received.stream().map(Received::task).toList();
    }

    int mostAtOnce() {
        return mostAtOnce.get();
    }

    String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
