package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.ErrorShape;
import io.carillon.platform.http.Problem;
import java.time.Clock;

/**
 * Errors of the Task API: Bella-Queue's fields, and the {@code error} object that SDKs and OpenAI clients read. Safe for
 * use by many threads.
 */
public class TaskApiErrors implements ErrorShape {
    private final Clock clock;
    private final boolean always200;

    /** @param always200 whether errors that Bella-Queue answers with status 200 have it here too */
    public TaskApiErrors(Clock clock, boolean always200) {
        this.clock = clock;
        this.always200 = always200;
    }

    /**
     * The body of an error.
     *
     * @param code the HTTP status that says it best
     * @param timestamp epoch milliseconds
     */
    public record Body(int code, String message, long timestamp, Detail error) {}

    /**
     * The same for OpenAI clients.
     *
     * @param code the status as text, or a word that says more, such as {@code cancelled}
     * @param param the field that was wrong, or null
     */
    public record Detail(String message, String type, String code, String param) {}

    /** Bella-Queue has real statuses too: for a missing key, for time that ran out, and for what never reached it. */
    @Override
    public int status(Problem problem) {
        boolean real = problem.reason()
                .map(reason -> reason == Reason.UNAUTHENTICATED || reason == Reason.TIMEOUT)
                .orElse(problem.status() != 500);
        return always200 && !real ? 200 : problem.status();
    }

    @Override
    public Body body(Problem problem) {
        return new Body(
                problem.status(),
                problem.message(),
                clock.millis(),
                new Detail(
                        problem.message(),
                        type(problem.status()),
                        problem.code().orElseGet(() -> Integer.toString(problem.status())),
                        problem.parameter().orElse(null)));
    }

    /** The body for a refusal, for whoever sends it outside an HTTP answer's own body, such as a last event. */
    public Body body(Refused refused) {
        return body(Problem.of(refused));
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 408 -> "timeout_error";
            case 409 -> "conflict_error";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
    }
}
