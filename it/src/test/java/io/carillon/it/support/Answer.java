package io.carillon.it.support;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An HTTP answer, to the byte. */
public record Answer(int status, HttpHeaders headers, byte[] bytes) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static Answer of(HttpResponse<byte[]> response) {
        return new Answer(response.statusCode(), response.headers(), response.body());
    }

    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The body as JSON; fails the test when it is none. */
    public JsonNode json() {
        try {
            return JSON.readTree(bytes);
        } catch (IOException e) {
            throw new AssertionError("Not JSON: " + this, e);
        }
    }

    /** One header, when it is there. */
    public Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** This answer, which must have that status. */
    public Answer expect(int wanted) {
        if (status != wanted) {
            throw new AssertionError("Expected HTTP " + wanted + " but got " + this);
        }
        return this;
    }

    @Override
    public String toString() {
        String text = text();
        return "HTTP " + status + " " + (text.length() > 2000 ? text.substring(0, 2000) + "..." : text);
    }
}
