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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.MDC;

/**
 * One JSON object on one line for each event: {@code time}, {@code level}, {@code logger}, {@code message}; {@code task} and
 * {@code queue} when the message names a task, {@code trace} when a request is at work, {@code error} with the stack trace
 * when there is one. Safe for many threads.
 */
public class JsonLines extends Formatter {
    /** Under this name the trace id of the request at work is in SLF4J's diagnostic context. */
    public static final String TRACE = "trace";

    private static final Pattern TASK = Pattern.compile("\\bTASK-(\\d{1,9})-\\d-[BSCP]-\\d{12}-\\d{4}-\\d{6}\\b");

    private final IntFunction<Optional<String>> queueName;

    /** @param queueName the name of a queue by its number, if it is known; asks nobody */
    public JsonLines(IntFunction<Optional<String>> queueName) {
        this.queueName = queueName;
    }

    @Override
    public String format(LogRecord event) {
        Map<String, Object> line = new LinkedHashMap<>();
        String message = formatMessage(event);
        line.put("time", event.getInstant().toString());
        line.put("level", level(event.getLevel()));
        line.put("logger", event.getLoggerName());
        line.put("message", message);
        Matcher task = TASK.matcher(message == null ? "" : message);
        if (task.find()) {
            line.put("task", task.group());
            queueName.apply(Integer.parseInt(task.group(1))).ifPresent(name -> line.put("queue", name));
        }
        String trace = MDC.get(TRACE);
        if (trace != null) {
            line.put("trace", trace);
        }
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
