package io.carillon.dialect.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.http.ErrorShape;
import io.carillon.platform.http.Problem;
import io.carillon.platform.json.Json;
import io.carillon.security.Unauthenticated;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Errors as OpenAI's clients read them (contract 1.2 to 1.5). A {@link Refused} names its code itself; without one it has
 * the code that its reason always has, or null. Safe for many threads.
 */
@ApplicationScoped
public class OpenAiErrors implements ErrorShape {
    private static final String INVALID = "invalid_request_error";
    private static final int GATEWAY_TIMEOUT = 504;

    /** The body of an error; all four fields are always there. */
    public record Body(Detail error) {}

    /**
     * What is wrong.
     *
     * @param param the field or path that was wrong, or null
     * @param code a word for programs, or null
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Detail(String message, String type, String param, String code) {}

    /** A time-out is the server's, as behind any gateway: 408 would say that the client was slow to send. */
    @Override
    public int status(Problem problem) {
        return problem.reason().filter(Reason.TIMEOUT::equals).isPresent() ? GATEWAY_TIMEOUT : problem.status();
    }

    @Override
    public Body body(Problem problem) {
        String code = problem.code().orElseGet(() -> usualCode(problem));
        return new Body(new Detail(problem.message(), type(status(problem), code), parameter(problem), code));
    }

    @Override
    public ErrorAnswer answer(Problem problem) {
        int status = status(problem);
        Map<String, String> headers = new LinkedHashMap<>(problem.headers());
        String wait = headers.get("Retry-After");
        if (status == GATEWAY_TIMEOUT) {
            headers.remove("Retry-After");
        } else if (wait != null) {
            headers.put("retry-after-ms", wait + "000");
        }
        headers.put("x-should-retry", Boolean.toString(mayRetry(status)));
        return new ErrorAnswer(status, headers, Json.raw(body(problem)));
    }

    @Override
    public ErrorAnswer answer(Throwable failure) {
        Throwable cause = Problem.unwrapped(failure);
        if (cause instanceof Unauthenticated refused) {
            return answer(Problem.of(inOpenAisWords(refused)));
        }
        ErrorAnswer answer = answer(Problem.of(cause));
        if (cause instanceof Refused refused
                && refused.retryAfter().isPresent()
                && answer.headers().containsKey("retry-after-ms")) {
            Map<String, String> headers = new LinkedHashMap<>(answer.headers());
            Duration wait = refused.retryAfter().get();
            headers.put("retry-after-ms", Long.toString(Math.max(1, wait.toMillis())));
            return new ErrorAnswer(answer.status(), headers, answer.body());
        }
        return answer;
    }

    private static Refused inOpenAisWords(Unauthenticated refused) {
        return refused.maskedKey()
                .map(key -> new Refused(
                        Reason.UNAUTHENTICATED,
                        "Incorrect API key provided: " + key + ". It is not known, has expired or was revoked.",
                        null,
                        null,
                        "invalid_api_key"))
                .orElseGet(() -> new Refused(
                        Reason.UNAUTHENTICATED,
                        "No API key was provided. Send it in the header 'Authorization: Bearer <key>'."));
    }

    private static String usualCode(Problem problem) {
        if (problem.reason().isPresent()) {
            return switch (problem.reason().get()) {
                case FORBIDDEN -> "insufficient_permissions";
                case UNSUPPORTED_TYPE -> "unsupported_media_type";
                case FULL -> "rate_limit_exceeded";
                case TIMEOUT -> "timeout";
                default -> null;
            };
        }
        return switch (problem.status()) {
            case 404 -> "unknown_url";
            case 405 -> "method_not_supported";
            case 415 -> "unsupported_media_type";
            case 429 -> "rate_limit_exceeded";
            default -> null;
        };
    }

    /** Of what is no field of the body and no part of the address, a client knows nothing. */
    private static String parameter(Problem problem) {
        return switch (problem.status()) {
            case 401, 403, 415, 429 -> null;
            default -> problem.parameter().orElse(null);
        };
    }

    private static String type(int status, String code) {
        if (status == 429) {
            return "insufficient_quota".equals(code) ? "insufficient_quota" : "requests";
        }
        return status < 500 ? INVALID : "server_error";
    }

    /** The clients would try again after 409 and 504 too: the one cannot help, the other has the work done twice. */
    private static boolean mayRetry(int status) {
        return status == 429 || status >= 500 && status != GATEWAY_TIMEOUT;
    }
}
