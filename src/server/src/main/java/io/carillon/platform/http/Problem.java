package io.carillon.platform.http;

import com.fasterxml.jackson.core.JacksonException;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is wrong with a request, before a dialect gives it its own shape.
 *
 * @param reason empty when the request did not get as far as the domain, or failed for a reason nobody foresaw
 * @param status the HTTP status that says it best
 * @param message for the caller
 * @param code a word that says more than the status
 * @param parameter the field or path that was wrong
 * @param headers that belong to the answer, such as {@code Retry-After} or {@code Allow}
 */
public record Problem(
        Optional<Reason> reason,
        int status,
        String message,
        Optional<String> code,
        Optional<String> parameter,
        Map<String, String> headers) {
    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);
    private static final String RETRY_AFTER = "Retry-After";

    public static Problem of(Refused refused) {
        Map<String, String> headers = new LinkedHashMap<>();
        switch (refused.reason()) {
            // OkHttp sends a request again by itself after a 408 without this header; the task would run twice
            case FULL, UNAVAILABLE, TIMEOUT ->
                headers.put(
                        RETRY_AFTER,
                        Long.toString(refused.retryAfter()
                                .map(wait -> Math.max(1, wait.plusMillis(999).toSeconds()))
                                .orElse(1L)));
            case UNAUTHENTICATED -> headers.put(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
            default -> {}
        }
        return new Problem(
                Optional.of(refused.reason()),
                status(refused.reason()),
                refused.getMessage(),
                refused.code(),
                refused.parameter(),
                Map.copyOf(headers));
    }

    /**
     * Finds out what is wrong. What nobody foresaw is logged here, once, under an id that the caller is told.
     *
     * @param failure also one that a CompletionStage has wrapped
     */
    public static Problem of(Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof Refused refused) {
            return of(refused);
        }
        if (cause instanceof WebApplicationException refused
                && refused.getResponse().getStatus() != 500) {
            return ofContainer(refused);
        }
        if (cause instanceof JacksonException malformed) {
            return of(new Refused(Reason.INVALID, "The body does not fit" + place(malformed)));
        }
        String id = UUID.randomUUID().toString();
        LOG.error("A request failed, error id {}", id, cause);
        return new Problem(
                Optional.empty(),
                500,
                "The server failed; its log says why under error id " + id,
                Optional.empty(),
                Optional.empty(),
                Map.of());
    }

    /** What a CompletionStage or Future failed with. */
    public static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** The HTTP status for a reason. */
    public static int status(Reason reason) {
        return switch (reason) {
            case INVALID -> 400;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case UNKNOWN -> 404;
            case TIMEOUT -> 408;
            case CONFLICT -> 409;
            case TOO_LARGE -> 413;
            case UNSUPPORTED_TYPE -> 415;
            case FULL -> 429;
            case UNAVAILABLE -> 503;
        };
    }

    private static Problem ofContainer(WebApplicationException refused) {
        int status = refused.getResponse().getStatus();
        if (status == 404 && refused.getCause() != null) {
            // JAX-RS says so of a parameter that it cannot convert
            return of(new Refused(Reason.INVALID, "A parameter in the path or query has no valid value"));
        }
        String allowed = refused.getResponse().getHeaderString(HttpHeaders.ALLOW);
        String message =
                switch (status) {
                    case 404 -> "There is nothing at this path";
                    case 405 ->
                        "This path does not take this method" + (allowed == null ? "" : "; it takes " + allowed);
                    case 406 -> "There is no answer of a type that the request accepts";
                    case 415 -> "The body is of a type that this path does not take";
                    default -> refused.getResponse().getStatusInfo().getReasonPhrase();
                };
        return new Problem(
                Optional.empty(),
                status,
                message,
                Optional.empty(),
                Optional.empty(),
                allowed == null ? Map.of() : Map.of(HttpHeaders.ALLOW, allowed));
    }

    private static String place(JacksonException malformed) {
        return malformed.getLocation() == null
                ? ""
                : ": see line " + malformed.getLocation().getLineNr() + ", column "
                        + malformed.getLocation().getColumnNr();
    }
}
