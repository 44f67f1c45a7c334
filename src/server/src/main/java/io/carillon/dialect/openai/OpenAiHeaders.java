package io.carillon.dialect.openai;

import io.carillon.platform.http.AnswerHeaders;
import io.carillon.platform.http.RequestIds;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The headers that OpenAI sends with every answer (contract 1.1). */
public final class OpenAiHeaders {
    private static final String VERSION = "2020-10-01";

    private OpenAiHeaders() {}

    /**
     * Adds them to the answer of a request.
     *
     * @param since when the request came, by {@link System#nanoTime}
     */
    public static void add(AnswerHeaders headers, RequestIds ids, long since) {
        headers.add(() -> {
            Map<String, String> own = new LinkedHashMap<>();
            own.put("x-request-id", requestId(ids));
            own.put(
                    "openai-processing-ms",
                    Long.toString(Duration.ofNanos(System.nanoTime() - since).toMillis()));
            own.put("openai-version", VERSION);
            return own;
        });
    }

    /** The id of a request as OpenAI writes it: {@code req_} and 32 hexadecimal digits. */
    public static String requestId(RequestIds ids) {
        return "req_" + ids.request().replace("-", "");
    }
}
