package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * How a task ends: what its caller, its callback, or who asks for the task gets.
 *
 * @param json a JSON object, usually {@code {"status_code":200,"body":...}}; it reaches the producer to the letter
 */
public record Result(String json) {
    static final ObjectMapper JSON =
            JsonMapper.builder(Json.forValues()).findAndAddModules().build();
    private static final int OK = 200;
    private static final JsonFactory FACTORY = Json.forTokens();

    /** Status 200 and this body: anything that Jackson can write, or null for none. */
    public static Result of(Object body) {
        return body instanceof Result result ? result : of(OK, body);
    }

    /**
     * A status and a body.
     *
     * @param status 100 to 999, as an HTTP answer would have it
     * @param body anything that Jackson can write, or null for none
     * @throws IllegalArgumentException when Jackson cannot write it
     */
    public static Result of(int status, Object body) {
        try {
            return raw(status, body == null ? null : JSON.writeValueAsString(body));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalArgumentException(
                    "A body of " + body.getClass().getName() + " is no JSON: " + unwritable.getOriginalMessage(),
                    unwritable);
        }
    }

    /**
     * A status and a body that is JSON already and stays as it is.
     *
     * @param body one JSON value, or null for none
     * @throws IllegalArgumentException when the body is no JSON
     */
    public static Result ofJson(int status, String body) {
        if (body != null) {
            require(body, null);
        }
        return raw(status, body);
    }

    /** A failure that trying again will not mend: {@code {"status_code":500,"body":{"error":message}}}. */
    public static Result error(int status, String message) {
        return of(status, Map.of("error", message == null ? "" : message));
    }

    /**
     * The whole object as the producer shall get it.
     *
     * @throws IllegalArgumentException when it is no JSON object
     */
    public static Result whole(String json) {
        require(json, JsonToken.START_OBJECT);
        return new Result(json);
    }

    /** The whole object as the producer shall get it, for example {@code Map.of("status_code", 200, "body", ...)}. */
    public static Result whole(Map<String, ?> completion) {
        try {
            return new Result(JSON.writeValueAsString(completion));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalArgumentException(
                    "A completion is no JSON: " + unwritable.getOriginalMessage(), unwritable);
        }
    }

    private static Result raw(int status, String body) {
        StringWriter text = new StringWriter(body == null ? 32 : body.length() + 32);
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            out.writeStartObject();
            out.writeNumberField("status_code", status);
            if (body != null) {
                out.writeFieldName("body");
                out.writeRawValue(body);
            }
            out.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return new Result(text.toString());
    }

    private static void require(String json, JsonToken first) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            JsonToken token = parser.nextToken();
            if (token == null || first != null && token != first) {
                throw new IllegalArgumentException("Not a JSON " + (first == null ? "value" : "object"));
            }
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("More than one JSON value");
            }
        } catch (JsonProcessingException broken) {
            throw new IllegalArgumentException("No JSON: " + broken.getOriginalMessage(), broken);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Without what it says: no payload belongs in a log. */
    @Override
    public String toString() {
        return "Result[" + json.length() + " characters]";
    }
}
