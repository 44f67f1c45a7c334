package io.carillon.worker.command;

import io.carillon.worker.RetryAfter;
import io.carillon.worker.Task;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The HTTP server that does the work. Connections are kept and shared; 429, 5xx, errors of the connection and answers that do not
 * come in time are tried again, when {@code Retry-After} says or later each time. An interrupt ends the request on the wire. Safe
 * for many threads.
 */
final class Upstream {
    private static final int TOO_MANY = 429;
    private static final int MULTIPLE_CHOICES = 300;
    private static final int SERVER_ERROR = 500;
    private static final int SHOWN = 300;
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private final HttpClient http;
    private final List<String> headers;
    private final Duration timeout;
    private final int retries;

    /**
     * @param headers {@code Name: value} each
     * @param timeout from a request to its whole answer; of a stream to its head, and from each piece to the next
     * @param retries how often it is tried again
     * @throws IllegalArgumentException when a header is none, or there is no time at all
     */
    Upstream(List<String> headers, Duration timeout, int retries) {
        requireTime(timeout);
        requireRetries(retries);
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout.compareTo(CONNECT) < 0 ? timeout : CONNECT)
                .build();
        this.headers = new ArrayList<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("--header is 'Name: value'");
            }
            String name = header.substring(0, colon).strip();
            String value = header.substring(colon + 1).strip();
            requireHeader(name, value);
            this.headers.add(name);
            this.headers.add(value);
        }
        this.timeout = timeout;
        this.retries = retries;
    }

    /** What the client refuses is refused before any task is; its own words would have the value in them, which may be a key. */
    private static void requireHeader(String name, String value) {
        HttpRequest.Builder probe = HttpRequest.newBuilder();
        try {
            probe.header(name, "");
        } catch (IllegalArgumentException refused) {
            throw new IllegalArgumentException("--header '" + name + "': a header of this name cannot be sent");
        }
        try {
            probe.header(name, value);
        } catch (IllegalArgumentException refused) {
            throw new IllegalArgumentException("--header '" + name
                    + "': its value has a character that no header may have, such as an end of line");
        }
    }

    static void requireTime(Duration timeout) {
        if (timeout.isZero()) {
            throw new IllegalArgumentException("--timeout must be more than 0");
        }
    }

    static void requireRetries(int retries) {
        if (retries < 0) {
            throw new IllegalArgumentException("--retries must be 0 or more");
        }
    }

    /** The values of headers that are secret by their names. */
    static List<String> secrets(List<String> headers) {
        List<String> secrets = new ArrayList<>();
        for (String header : headers) {
            int colon = Math.max(0, header.indexOf(':'));
            if (Secrets.isSecret(header.substring(0, colon))) {
                String value = header.substring(colon + 1).strip();
                secrets.add(value);
                // the key without the word Bearer
                secrets.add(value.substring(value.lastIndexOf(' ') + 1));
            }
        }
        return secrets;
    }

    /** One of both. */
    private record Body(String text, Pieces stream) {
        void close() {
            if (stream != null) {
                stream.close();
            }
        }
    }

    /** What came back: a text, or a stream, which must be closed. */
    record Answer(int status, Body body, Optional<Duration> retryAfter) implements AutoCloseable {
        boolean isStream() {
            return body.stream() != null;
        }

        String text() {
            return body.text();
        }

        /** Throws {@link HttpTimeoutException} when the next piece does not come in time. */
        InputStream stream() {
            return body.stream();
        }

        /** Its status, and how its text begins. */
        String inShort(Secrets secrets) {
            String text = body.text() == null ? "" : body.text().strip();
            String masked = secrets.masked(text);
            return status
                    + (masked.isEmpty()
                            ? ""
                            : ": " + (masked.length() > SHOWN ? masked.substring(0, SHOWN) + "..." : masked));
        }

        boolean isPassing() {
            return status == TOO_MANY || status >= SERVER_ERROR;
        }

        @Override
        public void close() {
            body.close();
        }
    }

    /**
     * Posts JSON, and again when that may help.
     *
     * @param streams whether server-sent events are wanted as they come; else the whole answer is a text
     * @return the last answer, whatever its status
     * @throws IOException when there was none to the last
     */
    Answer post(URI url, String json, Task task, boolean streams) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .header("X-Carillon-Task-Id", task.id())
                .header("X-Carillon-Attempt", Integer.toString(task.attempt()))
                .header("X-Carillon-Queue", task.queue())
                .POST(HttpRequest.BodyPublishers.ofString(json));
        for (int i = 0; i < headers.size(); i += 2) {
            request.setHeader(headers.get(i), headers.get(i + 1));
        }
        for (int failures = 0; ; failures++) {
            Duration pause;
            try {
                Answer answer = send(request.build(), streams);
                if (!answer.isPassing() || failures >= retries) {
                    return answer;
                }
                answer.close();
                pause = answer.retryAfter().orElse(pause(failures));
            } catch (IOException broken) {
                if (failures >= retries) {
                    throw broken;
                }
                pause = pause(failures);
            }
            Thread.sleep(Math.min(pause.toMillis(), LONGEST_PAUSE.toMillis()));
        }
    }

    /** The timeout of the JDK's requests ends with the head of an answer; this one is over when a text is whole. */
    private Answer send(HttpRequest request, boolean streams) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<Body>> sent = http.sendAsync(request, body(streams));
        try {
            HttpResponse<Body> answer = sent.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return new Answer(
                    answer.statusCode(),
                    answer.body(),
                    answer.headers().firstValue("Retry-After").flatMap(RetryAfter::read));
        } catch (TimeoutException late) {
            abandon(sent);
            throw new HttpTimeoutException("The upstream did not answer within " + timeout.toMillis() + " ms");
        } catch (InterruptedException stopped) {
            abandon(sent);
            throw stopped;
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof IOException broken ? broken : new IOException(failed.getCause());
        }
    }

    /** Ends the request, also when its stream has just begun. */
    private static void abandon(CompletableFuture<HttpResponse<Body>> sent) {
        if (!sent.cancel(true)) {
            sent.thenAccept(answer -> answer.body().close());
        }
    }

    /** An error is a text, whatever it says it is: nobody has been told anything yet. */
    private BodyHandler<Body> body(boolean streams) {
        return head -> streams
                        && head.statusCode() < MULTIPLE_CHOICES
                        && head.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream")
                ? BodySubscribers.mapping(
                        BodySubscribers.ofPublisher(), pieces -> new Body(null, new Pieces(pieces, timeout)))
                : BodySubscribers.mapping(
                        BodySubscribers.ofString(StandardCharsets.UTF_8), text -> new Body(text, null));
    }

    private static Duration pause(int failures) {
        return FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 10));
    }
}
