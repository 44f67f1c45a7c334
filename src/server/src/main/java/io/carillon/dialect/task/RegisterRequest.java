package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.QueueName;
import java.util.regex.Pattern;

/**
 * Registers a queue.
 *
 * @param queue narrower here than elsewhere: letters, digits, {@code _} and {@code -}, at most 64
 * @param endpoint not blank, at most 256 characters, as given
 */
public record RegisterRequest(QueueName queue, String endpoint) {
    private static final Pattern QUEUE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    private static final int MOST_ENDPOINT = 256;

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}
     */
    public static RegisterRequest of(byte[] body, int depth) {
        String queue = null;
        String endpoint = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "queue" -> queue = fields.text();
                case "endpoint" -> endpoint = fields.text();
                default -> {}
            }
        }
        if (queue == null || !QUEUE.matcher(queue).matches()) {
            throw new Refused(
                    Reason.INVALID,
                    "queue must begin with a letter or digit and have 1 to 64 letters, digits, '_' and '-'",
                    "queue");
        }
        if (endpoint == null || endpoint.isBlank()) {
            throw new Refused(Reason.INVALID, "endpoint cannot be blank", "endpoint");
        }
        return new RegisterRequest(new QueueName(queue), Texts.required("endpoint", endpoint, MOST_ENDPOINT));
    }
}
