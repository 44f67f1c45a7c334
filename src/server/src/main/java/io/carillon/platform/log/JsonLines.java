package io.carillon.platform.log;

import io.carillon.platform.json.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * One JSON object on one line for each event: {@code time}, {@code level}, {@code logger}, {@code message}; {@code task} and
 * {@code queue} when the message names a task, {@code trace} when a request is at work, {@code error} with the stack trace
 * when there is one. Safe for many threads.
 */
public class JsonLines extends Formatter {
    private final Named named;

    /** @param queueName the name of a queue by its number, if it is known; asks nobody */
    public JsonLines(IntFunction<Optional<String>> queueName) {
        this.named = new Named(queueName);
    }

    @Override
    public String format(LogRecord event) {
        Map<String, Object> line = new LinkedHashMap<>();
        String message = formatMessage(event);
        line.put("time", event.getInstant().toString());
        line.put("level", level(event.getLevel()));
        line.put("logger", event.getLoggerName());
        line.put("message", message);
        line.putAll(named.in(message));
        if (event.getThrown() != null) {
            StringWriter text = new StringWriter();
            event.getThrown().printStackTrace(new PrintWriter(text, true));
            line.put("error", text.toString());
        }
        return new String(Json.bytes(line), StandardCharsets.UTF_8) + "\n";
    }

    private static String level(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (value >= Level.WARNING.intValue()) {
            return "WARN";
        }
        if (value >= Level.INFO.intValue()) {
            return "INFO";
        }
        return value >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
    }
}
