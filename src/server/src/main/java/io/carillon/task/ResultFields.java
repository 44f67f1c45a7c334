package io.carillon.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import java.util.Optional;

/**
 * What the server itself reads of a result that a worker gave; the rest of the result is the caller's business.
 *
 * @param statusCode 100 to 999; 200 when the worker named none
 * @param body empty when missing or null
 * @param error sent by some workers instead of a body: text or an object; empty when missing or null
 */
public record ResultFields(int statusCode, Optional<RawJson> body, Optional<RawJson> error) {
    public static final int LEAST_STATUS = 100;
    public static final int MOST_STATUS = 999;
    public static final int DEFAULT_STATUS = 200;
    private static final int MOST_WORDS = 1000;

    /**
     * Reads a result that was checked before.
     *
     * @throws Refused {@link Reason#INVALID} when it is no object or its status code is not a number from 100 to 999
     */
    public static ResultFields of(RawJson result) {
        Collector fields = new Collector();
        EnvelopeReader reader = EnvelopeReader.overChecked(result);
        while (reader.next()) {
            fields.accept(reader);
        }
        return fields.fields();
    }

    /** Whether it is the answer that was wanted: a success, and no bare error. */
    public boolean isAnswer() {
        return isSuccess() && (error.isEmpty() || body.isPresent());
    }

    /** Whether the worker calls it a success: 2xx. */
    public boolean isSuccess() {
        return statusCode >= 200 && statusCode < 300;
    }

    /**
     * Why it is no success, in words for those who read the task: the worker's own where it gave some, at most 1,000
     * characters; empty for a success.
     */
    public Optional<String> failure() {
        if (isSuccess() && error.isEmpty()) {
            return Optional.empty();
        }
        String words = error.or(() -> body.flatMap(b -> b.field("error")))
                .flatMap(e -> e.string().or(() -> e.field("message").flatMap(RawJson::string)))
                .orElse("The worker answered with status " + statusCode);
        return Optional.of(words.length() > MOST_WORDS ? words.substring(0, MOST_WORDS) : words);
    }

    /** Gathers the fields while somebody else walks the object, so that a result is read once. */
    public static final class Collector {
        private int statusCode = DEFAULT_STATUS;
        private RawJson body;
        private RawJson error;

        /** Takes the reader's present field when it is one of ours. */
        public boolean accept(EnvelopeReader reader) {
            switch (reader.name()) {
                case "status_code" -> {
                    Integer given = reader.integer(LEAST_STATUS, MOST_STATUS);
                    statusCode = given == null ? DEFAULT_STATUS : given;
                }
                case "body" -> body = reader.raw();
                case "error" -> error = reader.raw();
                default -> {
                    return false;
                }
            }
            return true;
        }

        public ResultFields fields() {
            return new ResultFields(statusCode, Optional.ofNullable(body), Optional.ofNullable(error));
        }
    }
}
