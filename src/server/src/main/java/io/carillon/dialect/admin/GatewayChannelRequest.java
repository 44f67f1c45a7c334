package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.QueueName;
import java.nio.charset.StandardCharsets;

/**
 * A channel as Bella's gateway takes it. Of its many fields, those that route are used: the model is {@code entityCode}
 * when {@code entityType} is {@code model}; otherwise {@code model} inside {@code channelInfo}, and without that, {@code
 * entityCode} again, unless the entity is an endpoint.
 *
 * @param entityType as sent, or null
 * @param entityCode as sent
 * @param endpoint {@code entityCode} when the entity is an endpoint, or null for every endpoint
 * @param queueMode with the bit 2 for routing
 */
record GatewayChannelRequest(
        String entityType, String entityCode, String model, String endpoint, int queueMode, QueueName queue) {
    private static final int ROUTE = 2;
    private static final int MOST_MODE = 7;

    /**
     * Reads the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}
     */
    static GatewayChannelRequest of(byte[] body, int depth) {
        String entityType = null;
        String entityCode = null;
        String endpoint = null;
        String queue = null;
        Integer mode = null;
        RawJson information = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "entity_type" -> entityType = fields.text();
                case "entity_code" -> entityCode = fields.text();
                case "endpoint" -> endpoint = fields.text();
                case "queue_name" -> queue = fields.text();
                case "queue_mode" -> mode = fields.integer(0, MOST_MODE);
                case "channel_info" -> information = fields.raw();
                default -> {}
            }
        }
        if (entityCode == null || entityCode.isBlank()) {
            throw invalid("entityCode cannot be blank", "entityCode");
        }
        if (mode == null || (mode & ROUTE) == 0) {
            throw invalid("queueMode must be 2 (route) or 3 (both): only these bind a model to a queue", "queueMode");
        }
        if (queue == null) {
            throw invalid("queueName cannot be null: the channel leads to it", "queueName");
        }
        boolean forEndpoint = "endpoint".equals(entityType);
        String model = "model".equals(entityType) ? null : modelIn(information, depth);
        if (model == null && forEndpoint) {
            throw invalid(
                    "A channel of an endpoint needs a model in channelInfo: tasks are routed by model", "channelInfo");
        }
        return new GatewayChannelRequest(
                entityType,
                entityCode,
                model == null ? entityCode : model,
                forEndpoint ? entityCode : endpoint,
                mode,
                new QueueName(queue));
    }

    /** @param information an object, or the text of one, or null */
    private static String modelIn(RawJson information, int depth) {
        if (information == null) {
            return null;
        }
        byte[] object = information
                .string()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .orElse(information.bytes());
        if (new String(object, StandardCharsets.UTF_8).isBlank()) {
            return null;
        }
        String model = null;
        try {
            EnvelopeReader fields = EnvelopeReader.over(object, depth);
            while (fields.next()) {
                if (fields.name().equals("model")) {
                    model = fields.text();
                }
            }
        } catch (Refused inner) {
            throw invalid("channelInfo must be a JSON object or the text of one: " + inner.getMessage(), "channelInfo");
        }
        return model == null || model.isBlank() ? null : model;
    }

    private static Refused invalid(String message, String parameter) {
        return new Refused(Reason.INVALID, message, parameter);
    }
}
