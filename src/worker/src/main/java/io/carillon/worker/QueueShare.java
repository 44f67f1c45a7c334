package io.carillon.worker;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A queue from which a worker takes, and how often it asks that one before others.
 *
 * @param queue the queue's name
 * @param level the level, or null for all of them
 * @param weight against the other queues; at least 1
 */
public record QueueShare(String queue, Integer level, int weight) {
    /** 0 is online, 1 to 9 are offline; smaller goes first. */
    public static final int LEVELS = 10;

    private static final int MOST_WEIGHT = 1000;
    private static final Pattern TEXT =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,127})(?::([0-9]))?(?:=([0-9]{1,4}))?");

    public QueueShare {
        if (weight < 1 || weight > MOST_WEIGHT) {
            throw new IllegalArgumentException("The weight of a queue is 1 to " + MOST_WEIGHT + ", not " + weight);
        }
    }

    /**
     * Reads {@code NAME[:LEVEL][=WEIGHT]}, such as {@code deepseek-r1}, {@code deepseek-r1:0} or {@code slow:1=2}.
     *
     * @throws IllegalArgumentException when it is none, saying why
     */
    public static QueueShare of(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no queue; a queue is NAME[:LEVEL][=WEIGHT], such as deepseek-r1:0=3");
        }
        return new QueueShare(
                matcher.group(1),
                matcher.group(2) == null ? null : Integer.valueOf(matcher.group(2)),
                matcher.group(3) == null ? 1 : Integer.parseInt(matcher.group(3)));
    }

    /** The full queue names that it stands for. */
    List<String> names() {
        return level != null
                ? List.of(queue + ":" + level)
                : IntStream.range(0, LEVELS)
                        .mapToObj(number -> queue + ":" + number)
                        .toList();
    }

    @Override
    public String toString() {
        return queue + (level == null ? "" : ":" + level) + (weight == 1 ? "" : "=" + weight);
    }
}
