package io.carillon.dialect.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The fields of a request's small JSON object, each of which is checked as it is asked for; what nobody asked for is an
 * unknown parameter (contract 1.5). Null counts as absent. Not for bodies that hold user JSON: they are read as a tree.
 *
 * <pre>{@code
 * BodyFields fields = BodyFields.of(body, depth);
 * String file = fields.text("input_file_id");
 * Optional<BodyFields> expiry = fields.object("output_expires_after");
 * fields.end();
 * }</pre>
 */
public final class BodyFields {
    private final JsonNode object;
    private final String path;
    private final Set<String> asked = new LinkedHashSet<>();
    private final List<BodyFields> inner = new ArrayList<>();

    private BodyFields(JsonNode object, String path) {
        this.object = object;
        this.path = path;
    }

    /**
     * Reads the body of a request.
     *
     * @param depth how deep it may be nested
     * @throws Refused 400, with the code {@code invalid_type} when it is JSON but no object
     */
    public static BodyFields of(JsonBody body, int depth) {
        return new BodyFields(tree(body.bytes(), depth), "");
    }

    private static JsonNode tree(byte[] body, int depth) {
        try {
            requireObject(body);
            EnvelopeReader fields = EnvelopeReader.overStrict(body, depth);
            while (fields.next()) {}
            return Json.mapper().readTree(fields.whole().bytes());
        } catch (IOException e) {
            throw notJson("This is not JSON");
        } catch (Refused refused) {
            if (refused.code().isPresent()) {
                throw refused;
            }
            throw notJson(refused.getMessage());
        }
    }

    /**
     * Refuses JSON that is no object; what is no JSON at all is left to the reader, which says where.
     *
     * @throws Refused 400 {@code invalid_type}
     */
    static void requireObject(byte[] body) {
        String begin = new String(body, 0, Math.min(body.length, 64), StandardCharsets.UTF_8).strip();
        if (begin.isEmpty() || begin.charAt(0) == '{' || begin.charAt(0) == '\uFEFF') {
            return;
        }
        try {
            JsonNode other = Json.mapper().readTree(body);
            throw Invalid.of(
                    "invalid_type",
                    null,
                    "Invalid type for the body: expected an object, but got " + article(other) + " instead.");
        } catch (IOException e) {
            throw notJson("This is not JSON; a JSON object is needed");
        }
    }

    static Refused notJson(String message) {
        return new Refused(Reason.INVALID, "We could not parse the JSON body of your request. " + message);
    }

    /** A text that must be there. */
    public String text(String name) {
        return optionalText(name).orElseThrow(() -> Invalid.missing(path(name)));
    }

    public Optional<String> optionalText(String name) {
        return value(name).map(value -> {
            if (!value.isTextual()) {
                throw Invalid.type(path(name), "a string", article(value));
            }
            return value.textValue();
        });
    }

    /** A whole number that must be there and within bounds. */
    public long integer(String name, long least, long most) {
        JsonNode value = value(name).orElseThrow(() -> Invalid.missing(path(name)));
        if (!value.isIntegralNumber()) {
            throw Invalid.type(path(name), "an integer", article(value));
        }
        if (value.bigIntegerValue().compareTo(BigInteger.valueOf(least)) < 0) {
            throw Invalid.below(path(name), least, value.asText());
        }
        if (value.bigIntegerValue().compareTo(BigInteger.valueOf(most)) > 0) {
            throw Invalid.above(path(name), most, value.asText());
        }
        return value.longValue();
    }

    /** An object, whose own fields are asked for in turn. */
    public Optional<BodyFields> object(String name) {
        return value(name).map(value -> {
            if (!value.isObject()) {
                throw Invalid.type(path(name), "an object", article(value));
            }
            BodyFields fields = new BodyFields(value, path(name) + ".");
            inner.add(fields);
            return fields;
        });
    }

    /** A list of texts that must be there; it may be empty. */
    public List<String> texts(String name) {
        JsonNode value = value(name).orElseThrow(() -> Invalid.missing(path(name)));
        if (!value.isArray()) {
            throw Invalid.type(path(name), "an array of strings", article(value));
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isTextual()) {
                throw Invalid.type(path(name) + "[" + texts.size() + "]", "a string", article(element));
            }
            texts.add(element.textValue());
        }
        return texts;
    }

    /** The names of all fields, in the order in which they were sent; for an object whose names are the user's own. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /**
     * Ends the reading, also of the objects inside.
     *
     * @throws Refused 400 {@code unknown_parameter} for the first field that nobody asked for
     */
    public void end() {
        Iterator<String> names = object.fieldNames();
        while (names.hasNext()) {
            String name = names.next();
            if (!asked.contains(name)) {
                throw Invalid.unknown(path(name));
            }
        }
        inner.forEach(BodyFields::end);
    }

    private Optional<JsonNode> value(String name) {
        asked.add(name);
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    private String path(String name) {
        return path + name;
    }

    /** What a value is, with its article. */
    static String article(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            case NUMBER -> value.isIntegralNumber() ? "an integer" : "a decimal";
            default -> "something else";
        };
    }
}
