package io.carillon.platform.log;

import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;

/**
 * The server's own form of log lines, with the queue and the trace id behind the message when they are known; the task is in
 * the message. Safe for many threads when the server's own form is.
 */
public class PlainLines extends Formatter {
    private final Formatter own;
    private final Named named;

    /** @param queueName the name of a queue by its number, if it is known; asks nobody */
    public PlainLines(Formatter own, IntFunction<Optional<String>> queueName) {
        this.own = own;
        this.named = new Named(queueName);
    }

    @Override
    public String format(LogRecord event) {
        String text = own.format(event);
        String message = formatMessage(event);
        Map<String, String> fields = named.in(message);
        fields.remove("task");
        int at = message == null ? -1 : text.indexOf(message);
        if (fields.isEmpty() || at < 0) {
            return text;
        }
        String more = fields.entrySet().stream()
                .map(field -> field.getKey() + " " + field.getValue())
                .collect(Collectors.joining(", ", " (", ")"));
        int end = at + message.length();
        return text.substring(0, end) + more + text.substring(end);
    }
}
