package io.carillon.dialect.openai;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import java.util.Optional;

/**
 * A request that a worker shall answer. The server reads what it needs to route it; the rest is the worker's business.
 *
 * @param body as it was sent, to the byte, without white space around it
 * @param model not empty when present
 * @param stream whether the client reads the answer piece by piece
 */
record OnlineRequest(RawJson body, Optional<String> model, boolean stream) {

    /**
     * Reads the body of a request.
     *
     * @param depth how deep it may be nested
     * @throws Refused 400 in OpenAI's words
     */
    static OnlineRequest of(byte[] body, int depth) {
        BodyFields.requireObject(body);
        RawJson model = null;
        RawJson stream = null;
        EnvelopeReader fields;
        try {
            fields = EnvelopeReader.overStrict(body, depth);
            while (fields.next()) {
                switch (fields.key()) {
                    case "model" -> model = fields.raw();
                    case "stream" -> stream = fields.raw();
                    default -> {}
                }
            }
        } catch (Refused refused) {
            throw BodyFields.notJson(refused.getMessage());
        }
        return new OnlineRequest(fields.whole(), model(model), isTrue(stream));
    }

    private static Optional<String> model(RawJson model) {
        if (model == null) {
            return Optional.empty();
        }
        String text = model.string().orElseThrow(() -> Invalid.type("model", "a string", kind(model)));
        if (text.isEmpty()) {
            throw Invalid.empty("model");
        }
        return Optional.of(text);
    }

    private static boolean isTrue(RawJson stream) {
        if (stream == null) {
            return false;
        }
        return switch (stream.text()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw Invalid.type("stream", "a boolean", kind(stream));
        };
    }

    private static String kind(RawJson value) {
        return switch (value.bytes()[0]) {
            case '{' -> "an object";
            case '[' -> "an array";
            case '"' -> "a string";
            case 't', 'f' -> "a boolean";
            default -> "a number";
        };
    }
}
