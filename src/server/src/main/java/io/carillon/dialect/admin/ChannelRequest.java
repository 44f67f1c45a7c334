package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.QueueName;

/**
 * The channel of a model.
 *
 * @param endpoint null for every endpoint
 */
record ChannelRequest(String endpoint, QueueName queue) {

    /**
     * Reads the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}
     */
    static ChannelRequest of(byte[] body, int depth) {
        String endpoint = null;
        String queue = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "endpoint" -> endpoint = fields.text();
                case "queue" -> queue = fields.text();
                default -> {}
            }
        }
        if (queue == null) {
            throw new Refused(Reason.INVALID, "queue cannot be null: the channel leads to it", "queue");
        }
        return new ChannelRequest(endpoint, new QueueName(queue));
    }
}
