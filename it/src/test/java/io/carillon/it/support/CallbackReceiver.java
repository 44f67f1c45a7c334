package io.carillon.it.support;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A producer's end of callbacks: records what comes and answers as a test wants. Safe for many threads. */
public final class CallbackReceiver implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpServer http;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "callback receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final ConcurrentHashMap<String, Inbox> inboxes = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** A request as it came. */
    public record Received(String method, Headers headers, byte[] body) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return method + " " + (body.length > 500 ? body.length + " bytes" : text());
        }
    }

    private CallbackReceiver(HttpServer http) {
        this.http = http;
    }

    public static CallbackReceiver start() {
        try {
            HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
            CallbackReceiver receiver = new CallbackReceiver(http);
            http.setExecutor(receiver.threads);
            http.createContext("/", receiver::receive);
            http.start();
            return receiver;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An address of its own for one test, which answers 200. */
    public Inbox inbox() {
        return answering();
    }

    /** An address that answers with these statuses one after the other, then with 200; a status of 0 never answers. */
    public Inbox answering(int... statuses) {
        String path = "/" + UUID.randomUUID();
        Inbox inbox = new Inbox(
                "http://127.0.0.1:" + http.getAddress().getPort() + path,
                new ArrayDeque<>(Arrays.stream(statuses).boxed().toList()));
        inboxes.put(path, inbox);
        return inbox;
    }

    private void receive(HttpExchange exchange) throws IOException {
        Inbox inbox = inboxes.get(exchange.getRequestURI().getPath());
        byte[] body = exchange.getRequestBody().readAllBytes();
        int status = inbox == null
                ? 404
                : inbox.add(new Received(exchange.getRequestMethod(), exchange.getRequestHeaders(), body));
        if (status == 0) {
            hang();
        }
        exchange.sendResponseHeaders(status == 0 ? 200 : status, -1);
        exchange.close();
    }

    private void hang() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        http.stop(0);
        threads.shutdownNow();
    }

    /** What one test gets. */
    public static final class Inbox {
        private final String url;
        private final Queue<Integer> statuses;
        private final List<Received> received = new CopyOnWriteArrayList<>();

        private Inbox(String url, Queue<Integer> statuses) {
            this.url = url;
            this.statuses = statuses;
        }

        public String url() {
            return url;
        }

        private synchronized int add(Received request) {
            received.add(request);
            return statuses.isEmpty() ? 200 : statuses.remove();
        }

        public List<Received> received() {
            return List.copyOf(received);
        }

        /** Waits until that many have come, and gives the last of them. */
        public Received await(int count) {
            return Eventually.get(PATIENCE, this::received, all -> all.size() >= count)
                    .get(count - 1);
        }
    }
}
