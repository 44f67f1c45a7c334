package io.carillon.platform.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * The two ids by which a request can be found again.
 *
 * @param trace the caller's own, or one of ours; at most 128 characters, none of them a control character
 * @param request one of ours
 */
public record RequestIds(String trace, String request) {
    public static final String TRACE_HEADER = "X-BELLA-TRACE-ID";
    public static final String REQUEST_HEADER = "X-BELLA-REQUEST-ID";
    /** The name of {@link #TRACE_HEADER} among OpenAI's clients. */
    public static final String CLIENT_HEADER = "X-Client-Request-Id";

    private static final int MOST = 128;

    /** @param traceHeader what the caller sent, or null */
    public static RequestIds of(String traceHeader) {
        String trace = traceHeader == null ? "" : printable(traceHeader);
        return new RequestIds(
                trace.isEmpty() ? "carillon-" + UUID.randomUUID() : trace,
                UUID.randomUUID().toString());
    }

    /** The headers by which Bella-Queue sends them. */
    public Map<String, String> headers() {
        return Map.of(TRACE_HEADER, trace, REQUEST_HEADER, request);
    }

    /** The caller's own id for a request, fit to be kept; null when it sent none. */
    public static String sent(HttpServletRequest request) {
        String sent = request.getHeader(TRACE_HEADER);
        String id = printable(Objects.requireNonNullElse(sent == null ? request.getHeader(CLIENT_HEADER) : sent, ""));
        return id.isEmpty() ? null : id;
    }

    /** Only ASCII that can be seen: anything else may split or garble a header. */
    private static String printable(String text) {
        String clean = text.replaceAll("[^\\x20-\\x7E]", "").strip();
        return clean.length() > MOST ? clean.substring(0, MOST) : clean;
    }
}
