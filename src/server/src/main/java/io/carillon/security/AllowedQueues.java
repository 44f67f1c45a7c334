package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.QueueName;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The queues that a key may use.
 *
 * @param patterns names, or beginnings of names that end with {@code *}; empty means all queues. No duplicates
 */
public record AllowedQueues(List<String> patterns) {
    /** Every queue, also those that are registered later. */
    public static final AllowedQueues ALL = new AllowedQueues(List.of());

    private static final int MOST = 100;
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}\\*?");

    /** @throws Refused ({@link Reason#INVALID}) when one is no name, or there are more than 100 */
    public AllowedQueues {
        patterns = patterns.stream().distinct().toList();
        if (patterns.size() > MOST) {
            throw new Refused(
                    Reason.INVALID, "A key names at most " + MOST + " queues; use a prefix like abc*", "queues");
        }
        for (String pattern : patterns) {
            if (!FORM.matcher(pattern).matches()) {
                throw new Refused(
                        Reason.INVALID,
                        "An allowed queue is a queue name, without a level, or the beginning of one and a *",
                        "queues");
            }
        }
    }

    public boolean contains(QueueName queue) {
        if (patterns.isEmpty()) {
            return true;
        }
        String name = queue.text();
        for (String pattern : patterns) {
            int prefix = pattern.length() - 1;
            boolean matches =
                    pattern.charAt(prefix) == '*' ? name.regionMatches(0, pattern, 0, prefix) : name.equals(pattern);
            if (matches) {
                return true;
            }
        }
        return false;
    }
}
