package io.carillon.platform.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JSON value as the bytes (UTF-8) in which a user sent it. It was checked once when it came in and is never parsed and
 * written again, so nulls, number text and key order come out as they went in.
 *
 * @param bytes one JSON value without white space around it; not copied, so nobody may change it
 */
public record RawJson(byte[] bytes) {

    /** Wraps text that this server wrote itself. */
    public static RawJson of(String json) {
        return new RawJson(json.getBytes(StandardCharsets.UTF_8));
    }

    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
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
