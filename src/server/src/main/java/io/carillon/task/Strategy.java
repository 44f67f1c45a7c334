package io.carillon.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Arrays;
import java.util.Locale;

/** From which of the queues it lists a take gets its tasks. */
public enum Strategy {
    /** The oldest task of all, again and again. */
    FIFO,
    /** One from each queue in turn. */
    ROUND_ROBIN,
    /** All from the first queue, then from the second, and so on. */
    ACTIVE_PASSIVE,
    /** One from each queue that has none running. */
    SEQUENTIAL;

    private final String word = name().toLowerCase(Locale.ROOT);

    /**
     * The strategy for its word on the wire, in lower case.
     *
     * @throws Refused {@link Reason#INVALID} for any other word
     */
    public static Strategy of(String word) {
        return Arrays.stream(values())
                .filter(strategy -> strategy.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new Refused(
                        Reason.INVALID,
                        "Unknown strategy: it must be fifo, round_robin, active_passive or sequential",
                        "strategy"));
    }

    /** Its name on the wire. */
    public String word() {
        return word;
    }
}
