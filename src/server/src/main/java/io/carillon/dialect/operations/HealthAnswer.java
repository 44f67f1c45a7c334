package io.carillon.dialect.operations;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Health on the wire.
 *
 * @param components only when one of them is down
 */
public record HealthAnswer(String status, Map<String, Component> components) {
    private static final String UP = "UP";
    private static final String DOWN = "DOWN";

    /** @param reason null when it is up */
    public record Component(String status, String reason) {}

    /** @param parts the reason why each is down, or an empty text */
    static HealthAnswer of(Map<String, String> parts) {
        if (parts.values().stream().allMatch(String::isEmpty)) {
            return new HealthAnswer(UP, null);
        }
        Map<String, Component> components = new LinkedHashMap<>();
        parts.forEach((name, reason) ->
                components.put(name, reason.isEmpty() ? new Component(UP, null) : new Component(DOWN, reason)));
        return new HealthAnswer(DOWN, components);
    }

    @JsonIgnore
    public boolean isUp() {
        return status.equals(UP);
    }
}
