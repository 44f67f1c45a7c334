package io.carillon.worker;

import java.util.Arrays;
import java.util.Locale;

/** From which of its queues a worker gets tasks first. */
public enum Strategy {
    /** The oldest tasks of all queues; at most 100 at once. */
    FIFO,
    /** One from each queue in turn. */
    ROUND_ROBIN,
    /** All from the first queue that has any, then from the next. */
    ACTIVE_PASSIVE,
    /** One from each queue, and none from a queue of which one is running. */
    SEQUENTIAL;

    private static final int MOST_FIFO = 100;
    private static final int MOST = 1000;

    /** The name on the wire, such as {@code round_robin}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** How many tasks the server gives at most in one answer. */
    int most() {
        return this == FIFO ? MOST_FIFO : MOST;
    }

    /**
     * @param text as on the wire; capitals and dashes are read too
     * @throws IllegalArgumentException when there is no such strategy
     */
    public static Strategy of(String text) {
        String wanted = text.strip().toUpperCase(Locale.ROOT).replace('-', '_');
        return Arrays.stream(values())
                .filter(strategy -> strategy.name().equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no strategy '" + text
                        + "'; the strategies are fifo, round_robin, active_passive and sequential"));
    }
}
