package io.carillon.it.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A client that reads server-sent events, to the byte: a frame is everything up to and with its blank line. Comments are
 * left out of the frames.
 */
public final class SseReader implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String END = "<end of the stream>";
    private static final String BROKEN = "<broken off>";
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private final CompletableFuture<HttpResponse<InputStream>> response;
    private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private volatile InputStream in;
    private volatile String left = "";

    private SseReader(HttpRequest request) {
        this.response = HTTP.sendAsync(request, BodyHandlers.ofInputStream());
        response.thenAccept(answer -> {
            in = answer.body();
            Thread thread = new Thread(this::read, "sse reader");
            thread.setDaemon(true);
            thread.start();
        });
    }

    /** Puts a streaming task and reads what comes. */
    public static SseReader put(Server server, Put put) {
        return post(server, "/v1/queue/put", put.json());
    }

    /** Posts JSON and reads what comes. */
    public static SseReader post(Server server, String path, String json) {
        return new SseReader(server.request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    /** Watches a task. */
    public static SseReader events(Server server, String task) {
        return new SseReader(
                server.request("/v1/queue/" + task + "/events").GET().build());
    }

    /** Watches a task from after the event that has that id. */
    public static SseReader events(Server server, String task, String lastEventId) {
        return new SseReader(server.request("/v1/queue/" + task + "/events")
                .header("Last-Event-ID", lastEventId)
                .GET()
                .build());
    }

    private void read() {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        try {
            int before = -1;
            for (int next = in.read(); next >= 0; next = in.read()) {
                frame.write(next);
                if (next == '\n' && before == '\n') {
                    add(frame.toString(StandardCharsets.UTF_8));
                    frame.reset();
                    next = -1;
                }
                before = next;
            }
            left = frame.toString(StandardCharsets.UTF_8);
            frames.add(END);
        } catch (IOException e) {
            left = frame.toString(StandardCharsets.UTF_8);
            frames.add(BROKEN);
        }
    }

    private void add(String frame) {
        if (!frame.startsWith(":")) {
            frames.add(frame);
        }
    }

    /** The head of the answer, once it has come. */
    public HttpResponse<InputStream> head() {
        return response.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Whether the head of the answer has come. */
    public boolean hasHead() {
        return response.isDone();
    }

    /** The next frame; fails when the stream ends before, or none comes. */
    public String frame() {
        String frame = next();
        if (frame == END || frame == BROKEN) {
            throw new AssertionError("No more frames: " + frame + " " + left);
        }
        return frame;
    }

    /** All frames up to the end of the stream, which must come, with nothing half written before it. */
    public List<String> frames() {
        List<String> all = new ArrayList<>();
        for (String frame = next(); frame != END; frame = next()) {
            if (frame == BROKEN) {
                throw new AssertionError("The stream broke off after " + all + " " + left);
            }
            all.add(frame);
        }
        if (!left.isEmpty()) {
            throw new AssertionError("Half a frame at the end: " + left);
        }
        return all;
    }

    /** The whole body of an answer that is no stream of events. */
    public String body() {
        head();
        for (String frame = next(); frame != END; frame = next()) {
            if (frame == BROKEN) {
                throw new AssertionError("The answer broke off");
            }
        }
        return left;
    }

    private String next() {
        try {
            String frame = frames.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (frame == null) {
                throw new AssertionError("No frame and no end within " + PATIENCE.toSeconds() + " s");
            }
            return frame;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    /** Hangs up. */
    @Override
    public void close() {
        response.cancel(true);
        try {
            if (in != null) {
                in.close();
            }
        } catch (IOException e) {
            // that was the point
        }
    }
}
