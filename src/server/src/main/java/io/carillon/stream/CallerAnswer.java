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

    public CallerAnswer(int status, RawJson body) {
        this(status, body, Map.of());
    }

    /** The answer in a completion: an object with {@code status_code}, and {@code body} or {@code error}. */
    static CallerAnswer of(RawJson completion) {
        ResultFields fields;
        try {
            fields = ResultFields.of(completion);
        } catch (Refused broken) {
            return failed("The worker's answer cannot be understood: " + broken.getMessage());
        }
        RawJson body = fields.body()
                .or(() -> fields.error().map(CallerAnswer::ofError))
                .orElse(NOTHING);
        int status = fields.statusCode();
        if (status >= 200 && status <= 599) {
            return new CallerAnswer(status, body);
        }
        return new CallerAnswer(
                502,
                Pieces.join(
                        "{\"error\":{\"message\":\"The worker answered with status " + status
                                + "\",\"type\":\"server_error\",\"code\":\"" + status + "\"},\"body\":",
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
