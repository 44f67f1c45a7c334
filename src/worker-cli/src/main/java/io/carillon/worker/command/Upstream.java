package io.carillon.worker.command;

import io.carillon.worker.TaskWrapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The HTTP server that does the work. Connections are kept and shared; 429, 5xx and errors of the connection are tried again,
 * when {@code Retry-After} says or later each time. An interrupt ends the request on the wire. Safe for many threads.
 */
final class Upstream {
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private final HttpClient http;
    private final List<String> headers;
    private final Duration timeout;
    private final int retries;

    /**
     * @param headers {@code Name: value} each
     * @param timeout from the request to the whole answer, or to the head of a stream
     * @param retries how often it is tried again
     * @throws IllegalArgumentException when a header is none
     */
    Upstream(List<String> headers, Duration timeout, int retries) {
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        this.headers = new ArrayList<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("A header is 'Name: value'");
            }
            this.headers.add(header.substring(0, colon).strip());
            this.headers.add(header.substring(colon + 1).strip());
        }
        this.timeout = timeout;
        this.retries = retries;
    }

    /** What came back. {@link #close} it when it was not read to its end. */
    record Answer(int status, String type, InputStream body, Optional<Duration> retryAfter) implements AutoCloseable {
        String text() throws IOException {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }

        boolean isPassing() {
            return status == TOO_MANY || status >= SERVER_ERROR;
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    /**
     * Posts JSON, and again when that may help.
     *
     * @return the last answer, whatever its status
     * @throws IOException when there was none to the last
     */
    Answer post(URI url, String json, TaskWrapper task) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("X-Carillon-Task-Id", task.id())
                .header("X-Carillon-Attempt", Integer.toString(task.attempt()))
                .header("X-Carillon-Queue", task.getTask().queue())
                .POST(HttpRequest.BodyPublishers.ofString(json));
        for (int i = 0; i < headers.size(); i += 2) {
            request.setHeader(headers.get(i), headers.get(i + 1));
        }
        for (int failures = 0; ; failures++) {
            Duration pause;
            try {
                Answer answer = send(request.build());
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

    private Answer send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        return new Answer(
                answer.statusCode(),
                answer.headers().firstValue("Content-Type").orElse(""),
                answer.body(),
                answer.headers().firstValue("Retry-After").flatMap(Upstream::seconds));
    }

    private static Optional<Duration> seconds(String text) {
        try {
            return Optional.of(Duration.ofMillis((long) (1000 * Math.max(0, Double.parseDouble(text.strip())))));
        } catch (NumberFormatException aDate) {
            return Optional.empty();
        }
    }

    private static Duration pause(int failures) {
        return FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 10));
    }
}
