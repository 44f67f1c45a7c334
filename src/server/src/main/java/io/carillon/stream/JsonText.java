package io.carillon.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import java.io.IOException;

/** Text in JSON and back. */
final class JsonText {
    private JsonText() {}

    /** The content of a JSON string. */
    static String of(RawJson string) {
        try {
            return Json.mapper().readValue(string.bytes(), String.class);
        } catch (IOException broken) {
            throw new IllegalArgumentException("Not a JSON string", broken);
        }
    }

    /** Text as a JSON string, with its quotes. */
    static String quoted(String text) {
        try {
            return Json.mapper().writeValueAsString(text);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
