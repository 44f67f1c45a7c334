package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Objects;

/** One level of a queue, written {@code name:level}. */
public record FullQueueName(QueueName queue, Level level) {

    public FullQueueName {
        Objects.requireNonNull(queue);
        Objects.requireNonNull(level);
    }

    /**
     * Reads {@code name:level}.
     *
     * @throws Refused {@link Reason#INVALID}, naming the culprit
     */
    public static FullQueueName parse(String text) {
        int colon = text == null ? -1 : text.lastIndexOf(':');
        if (colon < 0) {
            throw new Refused(
                    Reason.INVALID,
                    "Invalid queue name " + QueueName.shown(text) + ": it needs a level, such as name:0",
                    "queues");
        }
        String level = text.substring(colon + 1);
        if (level.length() != 1 || level.charAt(0) < '0' || level.charAt(0) > '9') {
            throw new Refused(
                    Reason.INVALID,
                    "Invalid queue name " + QueueName.shown(text) + ": its level must be from 0 to " + Level.LOWEST,
                    "queues");
        }
        return new FullQueueName(new QueueName(text.substring(0, colon)), new Level(level.charAt(0) - '0'));
    }

    @Override
    public String toString() {
        return queue.text() + ":" + level.value();
    }
}
