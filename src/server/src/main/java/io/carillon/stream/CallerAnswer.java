package io.carillon.stream;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import io.carillon.task.ResultFields;
import java.util.Map;

/**
 * What a caller gets: the worker's status and body. Contract: bella-queue 7.2.
 *
 * @param status 200 to 599
 * @param body JSON
 * @param headers more that its head says; none of a worker's answer
 */
public record CallerAnswer(int status, RawJson body, Map<String, String> headers) {
    private static final RawJson NOTHING = RawJson.of("{}");
    private static final int MOST_SHOWN = 100;

    public CallerAnswer(int status, RawJson body) {
        this(status, body, Map.of());
    }

    /** The answer in a completion: an object with {@code status_code}, and {@code body} or {@code error}. */
    static CallerAnswer of(RawJson completion) {
        ResultFields fields;
        try {
            fields = ResultFields.of(completion);
        } catch (Refused broken) {
            return unreadable(completion, broken);
        }
        int status = fields.statusCode();
        return status >= 200 && status <= 599
                ? new CallerAnswer(status, body(fields))
                : badGateway(String.valueOf(status), body(fields));
    }

    private static CallerAnswer unreadable(RawJson completion, Refused why) {
        return completion
                .field("status_code")
                .or(() -> completion.field("statusCode"))
                .map(code -> badGateway(shown(code), body(ResultFields.ofAny(completion))))
                .orElseGet(() -> failed("The worker's answer cannot be understood: " + why.getMessage()));
    }

    private static String shown(RawJson code) {
        String text = code.string().orElseGet(code::text);
        return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text;
    }

    private static RawJson body(ResultFields fields) {
        return fields.body().or(() -> fields.error().map(CallerAnswer::ofError)).orElse(NOTHING);
    }

    /** The answer when the worker gave a status that HTTP does not know. */
    private static CallerAnswer badGateway(String status, RawJson body) {
        return new CallerAnswer(
                502,
                Pieces.join(
                        "{\"error\":{\"message\":" + JsonText.quoted("The worker answered with status " + status)
                                + ",\"type\":\"server_error\",\"code\":" + JsonText.quoted(status) + "},\"body\":",
                        body,
                        "}"));
    }

    /** The answer when the task failed without one. */
    static CallerAnswer failed(String why) {
        return new CallerAnswer(
                502,
                RawJson.of("{\"error\":{\"message\":" + JsonText.quoted(why)
                        + ",\"type\":\"server_error\",\"code\":\"failed\"}}"));
    }

    boolean isError() {
        return status >= 400;
    }

    boolean hasBody() {
        return !body.equals(NOTHING);
    }

    /** This answer as the data of an error event: {@code {"error":{...}}}. */
    RawJson asError() {
        if (body.bytes()[0] == '{') {
            EnvelopeReader fields = EnvelopeReader.overChecked(body);
            RawJson error = null;
            while (fields.next()) {
                if (fields.name().equals("error")) {
                    error = fields.raw();
                }
            }
            if (error != null) {
                return ofError(error);
            }
        }
        return Pieces.join(
                "{\"error\":{\"message\":\"The task ended with status " + status
                        + "\",\"type\":\"server_error\",\"code\":\"" + status + "\",\"body\":",
                body,
                "}}");
    }

    private static RawJson ofError(RawJson error) {
        return error.bytes()[0] == '{'
                ? Pieces.join("{\"error\":", error, "}")
                : Pieces.join("{\"error\":{\"message\":", error, "}}");
    }
}
