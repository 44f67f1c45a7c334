package io.carillon.platform.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts and times requests by method, path template and status, each from a short list, so that no caller can make a new
 * series. Safe for many threads.
 */
public class HttpRequests {
    /** The template of a path that no resource serves. */
    static final String NO_RESOURCE = "none";

    private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS");
    private static final Set<Integer> STATUSES =
            Set.of(200, 201, 202, 204, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 422, 429, 500, 502, 503, 504);
    private static final Duration[] BOUNDS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        Duration.ofSeconds(300),
        Duration.ofSeconds(600)
    };

    private record Kind(String method, String template, String status) {}

    private final MeterRegistry registry;
    private final Map<Kind, Timer> timers = new ConcurrentHashMap<>();

    public HttpRequests(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Counts one request.
     *
     * @param template the path as its resource declares it, never as the caller sent it
     * @param status of the answer: what a worker chose when it answers a caller
     */
    public void record(String method, String template, int status, Duration took) {
        Kind kind = new Kind(METHODS.contains(method) ? method : "other", template, status(status));
        timers.computeIfAbsent(kind, this::timer).record(took);
    }

    private static String status(int status) {
        return STATUSES.contains(status) ? Integer.toString(status) : status / 100 % 10 + "xx";
    }

    private Timer timer(Kind kind) {
        return Timer.builder("carillon.http.requests")
                .description("Requests, from their arrival to the head of the answer; a caller that waits is included")
                .tags("method", kind.method(), "path", kind.template(), "status", kind.status())
                .serviceLevelObjectives(BOUNDS)
                .register(registry);
    }
}
