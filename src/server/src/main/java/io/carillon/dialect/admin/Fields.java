package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** Reads fields of a change, in which null says something and blank text does not. */
final class Fields {
    private static final int SHOWN = 80;

    private Fields() {}

    /** @param usual what null stands for */
    static boolean flag(EnvelopeReader fields, boolean usual) {
        return word(fields, usual, Map.of("true", true, "false", false), "true or false");
    }

    static <T> T word(EnvelopeReader fields, T usual, Map<String, T> words, String which) {
        String text = fields.text();
        if (text == null) {
            return usual;
        }
        T value = words.get(text);
        if (value == null) {
            throw invalid(fields.name(), " must be " + which);
        }
        return value;
    }

    static Integer count(EnvelopeReader fields, Integer usual) {
        boolean absent = fields.isNull();
        Integer value = fields.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (value == null && !absent) {
            throw invalid(fields.name(), " must be a whole number");
        }
        return absent ? usual : value;
    }

    static Duration seconds(EnvelopeReader fields, Duration usual) {
        Integer seconds = count(fields, null);
        return seconds == null ? usual : Duration.ofSeconds(seconds);
    }

    static Duration millis(EnvelopeReader fields, Duration usual) {
        Integer millis = count(fields, null);
        return millis == null ? usual : Duration.ofMillis(millis);
    }

    static double decimal(EnvelopeReader fields, double usual) {
        String text = fields.text();
        try {
            return text == null ? usual : Double.parseDouble(text);
        } catch (NumberFormatException notANumber) {
            throw invalid(fields.name(), " must be a number");
        }
    }

    /** @param kind what it is not, in one word */
    static Refused unknown(EnvelopeReader fields, String kind) {
        String key = fields.key().replaceAll("\\p{Cntrl}", "?");
        String shown = key.length() > SHOWN ? key.substring(0, SHOWN) + "..." : key;
        return new Refused(Reason.INVALID, "There is no " + kind + " '" + shown + "'", shown);
    }

    private static Refused invalid(String field, String what) {
        return new Refused(Reason.INVALID, field + what, field);
    }

    /** Does something with the fields inside a field, and puts that one's name before theirs when they are refused. */
    static <T> T within(String field, Supplier<T> work) {
        try {
            return work.get();
        } catch (Refused inner) {
            String name = inner.parameter().map(parameter -> "." + parameter).orElse("");
            throw new Refused(inner.reason(), "In " + field + ": " + inner.getMessage(), field + name);
        }
    }
}
