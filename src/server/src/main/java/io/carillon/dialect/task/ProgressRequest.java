package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import java.util.Optional;

/**
 * Progress of a task, from a worker without Redis.
 *
 * @param eventId at most 256 characters on one line
 * @param eventName at most 256 characters on one line
 * @param eventData any JSON; empty when missing or null
 * @param attempt which delivery of the task this is about; empty from a worker that does not count
 */
public record ProgressRequest(
        Optional<String> eventId, Optional<String> eventName, Optional<RawJson> eventData, Optional<Integer> attempt) {
    private static final int MOST = 256;

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep {@code event_data} may be nested
     * @throws Refused {@link Reason#INVALID}
     */
    public static ProgressRequest of(byte[] body, int depth) {
        String id = null;
        String name = null;
        RawJson data = null;
        Integer attempt = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "event_id" -> id = fields.text();
                case "event_name" -> name = fields.text();
                case "event_data" -> data = fields.raw();
                case "attempt" -> attempt = fields.integer(1, Integer.MAX_VALUE);
                default -> {}
            }
        }
        return new ProgressRequest(
                Texts.optional("event_id", id, MOST),
                Texts.optional("event_name", name, MOST),
                Optional.ofNullable(data),
                Optional.ofNullable(attempt));
    }
}
