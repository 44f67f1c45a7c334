package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.regex.Pattern;

/**
 * The name of a queue, without a level.
 *
 * @param text begins with a letter or digit; letters, digits, {@code . _ -}; at most 128 characters
 */
public record QueueName(String text) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final int SHOWN = 80;

    /** @throws Refused {@link Reason#INVALID}, naming the culprit */
    public QueueName {
        if (!isValid(text)) {
            throw new Refused(
                    Reason.INVALID,
                    "Invalid queue name " + shown(text) + ": it begins with a letter or digit, has letters, digits,"
                            + " '.', '_' and '-', and at most 128 characters",
                    "queue");
        }
    }

    /** Whether a queue can have this name. */
    public static boolean isValid(String text) {
        return text != null && FORM.matcher(text).matches();
    }

    /** What a caller sent, short and without control characters, to be named in an error. */
    static String shown(String sent) {
        if (sent == null) {
            return "null";
        }
        String part = sent.length() > SHOWN ? sent.substring(0, SHOWN) + "..." : sent;
        return "'" + part.replaceAll("\\p{Cntrl}", "?") + "'";
    }

    @Override
    public String toString() {
        return text;
    }
}
