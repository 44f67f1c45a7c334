package io.carillon.task;

import io.carillon.platform.error.Outcome;
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
    /** What a result counts as whose own status code is none. */
    public static final int UNREADABLE_STATUS = 502;

    private static final int MOST_WORDS = 1000;

    /**
     * Reads a result that was checked before.
     *
     * @throws Refused {@link Reason#INVALID} when it is no object or its status code is not a number from 100 to 999
     */
    public static ResultFields of(RawJson result) {
        return collected(result).fields();
    }

    private static Collector collected(RawJson result) {
        Collector fields = new Collector();
        EnvelopeReader reader = EnvelopeReader.overChecked(result);
        while (reader.next()) {
            fields.accept(reader);
        }
        return fields;
    }

    /**
     * Reads a result that was checked before and counts whatever its status code is: one that is no number from 100 to 999
     * is taken as {@link #UNREADABLE_STATUS}, with the reason as the error unless the worker gave one.
     *
     * @throws Refused {@link Reason#INVALID} when it is no object
     */
    public static ResultFields ofAny(RawJson result) {
        return collected(result).anyFields();
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
        private Outcome<Integer> statusCode = Outcome.of(null);
        private RawJson body;
        private RawJson error;

        /** Takes the reader's present field when it is one of ours. */
        public boolean accept(EnvelopeReader reader) {
            switch (reader.name()) {
                case "status_code" -> statusCode = reader.integerIfAny(LEAST_STATUS, MOST_STATUS);
                case "body" -> body = reader.raw();
                case "error" -> error = reader.raw();
                default -> {
                    return false;
                }
            }
            return true;
        }

        /** @throws Refused {@link Reason#INVALID} when the status code is not a number from 100 to 999 */
        public ResultFields fields() {
            Integer given = statusCode.orThrow();
            return new ResultFields(
                    given == null ? DEFAULT_STATUS : given, Optional.ofNullable(body), Optional.ofNullable(error));
        }

        /** As {@link ResultFields#ofAny}. */
        public ResultFields anyFields() {
            if (!statusCode.isFailed()) {
                return fields();
            }
            RawJson reason = error != null
                    ? error
                    : RawJson.ofString(statusCode.failure().getMessage());
            return new ResultFields(UNREADABLE_STATUS, Optional.ofNullable(body), Optional.of(reason));
        }
    }
}
