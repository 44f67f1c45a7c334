package io.carillon.platform.log;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a log line is about, as far as its message and its thread tell: {@code task}, {@code queue} and {@code trace}. */
final class Named {
    private static final Pattern TASK = Pattern.compile("\\bTASK-(\\d{1,9})-\\d-[BSCP]-\\d{12}-\\d{4}-\\d{6}\\b");

    private final IntFunction<Optional<String>> queueName;

    /** @param queueName the name of a queue by its number, if it is known; asks nobody */
    Named(IntFunction<Optional<String>> queueName) {
        this.queueName = queueName;
    }

    Map<String, String> in(String message) {
        Map<String, String> fields = new LinkedHashMap<>();
        Matcher task = TASK.matcher(message == null ? "" : message);
        if (task.find()) {
            fields.put("task", task.group());
            queueName.apply(Integer.parseInt(task.group(1))).ifPresent(name -> fields.put("queue", name));
        }
        Trace.now().ifPresent(id -> fields.put("trace", id));
        return fields;
    }
}
