package io.carillon.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.carillon.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Settings as both stores keep them: named texts, of which those are left out that are as usual. Durations are in ms.
 * MariaDB has them as one JSON object, for they are read and written as a whole; Redis as a hash, for scripts read single
 * ones.
 */
final class SettingsFields {
    private static final TypeReference<Map<String, String>> FIELDS = new TypeReference<>() {};
    private static final String YES = "1";

    private SettingsFields() {}

    static Map<String, String> of(QueueSettings settings) {
        QueueSettings usual = QueueSettings.DEFAULT;
        Map<String, String> fields = new TreeMap<>();
        put(fields, "paused", settings.paused() ? YES : null);
        put(fields, "draining", settings.draining() ? YES : null);
        put(fields, "sequential", settings.sequential() ? YES : null);
        put(fields, "lease", millis(settings.lease()));
        put(fields, "max_lost", settings.maxLostLeases() == usual.maxLostLeases() ? null : settings.maxLostLeases());
        put(fields, "max_attempts", settings.maxAttempts() == usual.maxAttempts() ? null : settings.maxAttempts());
        if (!settings.backoff().equals(usual.backoff())) {
            put(fields, "backoff_type", word(settings.backoff().type()));
            put(fields, "backoff_delay", millis(settings.backoff().delay()));
            put(fields, "backoff_max", millis(settings.backoff().max()));
            put(fields, "backoff_jitter", settings.backoff().jitter());
        }
        put(fields, "concurrency", settings.concurrency());
        putRate(fields, "rate", settings.rate());
        put(fields, "group_concurrency", settings.groupConcurrency());
        putRate(fields, "group_rate", settings.groupRate());
        put(fields, "retention", millis(settings.retention()));
        put(
                fields,
                "on_disconnect",
                settings.onDisconnect() == usual.onDisconnect() ? null : word(settings.onDisconnect()));
        return fields;
    }

    private static void put(Map<String, String> fields, String name, Object value) {
        if (value != null) {
            fields.put(name, value.toString());
        }
    }

    private static void putRate(Map<String, String> fields, String name, Rate rate) {
        if (rate != null) {
            put(fields, name, rate.limit());
            put(fields, name + "_ms", millis(rate.per()));
        }
    }

    private static Long millis(Duration duration) {
        return duration == null ? null : duration.toMillis();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Fields that are not known are ignored: a newer server may have written them. */
    static QueueSettings settings(Map<String, String> fields) {
        QueueSettings usual = QueueSettings.DEFAULT;
        Integer lost = number(fields, "max_lost");
        Integer attempts = number(fields, "max_attempts");
        String disconnect = fields.get("on_disconnect");
        return new QueueSettings(
                YES.equals(fields.get("paused")),
                YES.equals(fields.get("draining")),
                YES.equals(fields.get("sequential")),
                duration(fields, "lease"),
                lost == null ? usual.maxLostLeases() : lost,
                attempts == null ? usual.maxAttempts() : attempts,
                fields.containsKey("backoff_type") ? backoff(fields) : usual.backoff(),
                number(fields, "concurrency"),
                rate(fields, "rate"),
                number(fields, "group_concurrency"),
                rate(fields, "group_rate"),
                duration(fields, "retention"),
                disconnect == null ? usual.onDisconnect() : OnDisconnect.valueOf(disconnect.toUpperCase(Locale.ROOT)));
    }

    private static Backoff backoff(Map<String, String> fields) {
        return new Backoff(
                Backoff.Type.valueOf(fields.get("backoff_type").toUpperCase(Locale.ROOT)),
                duration(fields, "backoff_delay"),
                duration(fields, "backoff_max"),
                Double.parseDouble(fields.get("backoff_jitter")));
    }

    private static Rate rate(Map<String, String> fields, String name) {
        Integer limit = number(fields, name);
        return limit == null ? null : new Rate(limit, duration(fields, name + "_ms"));
    }

    private static Integer number(Map<String, String> fields, String name) {
        String text = fields.get(name);
        return text == null ? null : Integer.valueOf(text);
    }

    private static Duration duration(Map<String, String> fields, String name) {
        String text = fields.get(name);
        return text == null ? null : Duration.ofMillis(Long.parseLong(text));
    }

    static String json(QueueSettings settings) {
        return new String(Json.bytes(of(settings)), StandardCharsets.UTF_8);
    }

    static QueueSettings settings(String json) {
        try {
            return settings(Json.mapper().readValue(json, FIELDS));
        } catch (JsonProcessingException | RuntimeException broken) {
            throw new IllegalStateException("MariaDB has settings of a queue that cannot be read: " + json, broken);
        }
    }
}
