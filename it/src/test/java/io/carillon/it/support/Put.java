package io.carillon.it.support;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The body of a put, field by field. */
public final class Put {
    private final Map<String, String> fields = new LinkedHashMap<>();

    private Put(String queue) {
        fields.put("endpoint", "\"/v1/x\"");
        fields.put("queue", "\"" + queue + "\"");
        fields.put("data", "{\"q\":\"hi\"}");
    }

    /** A task for level 1 of a queue, in callback mode, with some data. */
    public static Put offline(String queue) {
        return new Put(queue).level(1);
    }

    /** A task for level 0 in callback mode. */
    public static Put online(String queue) {
        return new Put(queue).level(0);
    }

    public static Put blocking(String queue) {
        return new Put(queue).field("response_mode", "\"blocking\"");
    }

    public static Put streaming(String queue) {
        return new Put(queue).field("response_mode", "\"streaming\"");
    }

    public Put level(int level) {
        return field("level", Integer.toString(level));
    }

    public Put data(String json) {
        return field("data", json);
    }

    public Put callback(String url) {
        return field("callback_url", "\"" + url + "\"");
    }

    public Put timeout(int seconds) {
        return field("timeout", Integer.toString(seconds));
    }

    /** Any field, with its JSON. */
    public Put field(String name, String json) {
        fields.put(name, json);
        return this;
    }

    public String json() {
        return fields.entrySet().stream()
                .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }
}
