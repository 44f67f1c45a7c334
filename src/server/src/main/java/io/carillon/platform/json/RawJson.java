package io.carillon.platform.json;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A JSON value as the bytes (UTF-8) in which a user sent it. It was checked once when it came in and is never parsed and
 * written again, so nulls, number text and key order come out as they went in.
 *
 * @param bytes one JSON value without white space around it; not copied, so nobody may change it
 */
@JsonSerialize(using = RawJsonSerializer.class)
public record RawJson(byte[] bytes) {

    /** Wraps text that this server wrote itself. */
    public static RawJson of(String json) {
        return new RawJson(json.getBytes(StandardCharsets.UTF_8));
    }

    /** Text as a JSON string, in quotes. */
    public static RawJson ofString(String text) {
        return of('"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"');
    }

    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    public boolean isObject() {
        return bytes.length > 0 && bytes[0] == '{';
    }

    public boolean isString() {
        return bytes.length > 0 && bytes[0] == '"';
    }

    public boolean isNull() {
        return bytes.length > 0 && bytes[0] == 'n';
    }

    /**
     * The value of a field of this object, as it was sent; of several with the same name, the last.
     *
     * @return empty when this is no object, has no such field, or has null there
     */
    public Optional<RawJson> field(String name) {
        if (!isObject()) {
            return Optional.empty();
        }
        RawJson found = null;
        EnvelopeReader fields = EnvelopeReader.overChecked(this);
        while (fields.next()) {
            if (fields.key().equals(name)) {
                found = fields.raw();
            }
        }
        return Optional.ofNullable(found);
    }

    /** The text of this JSON string with its escapes resolved, or empty when it is no string. */
    public Optional<String> string() {
        return isString() ? Optional.of(EnvelopeReader.string(this)) : Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RawJson that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Only the size: user JSON must not reach a log. */
    @Override
    public String toString() {
        return "RawJson[" + bytes.length + " bytes]";
    }
}
