package io.carillon.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Arrays;
import java.util.Locale;

/** How the result of a task gets back to its producer. */
public enum ResponseMode {
    /** By an HTTP request to the producer, or not at all when it named no address. */
    CALLBACK('C'),
    /** As the answer to the put itself. */
    BLOCKING('B'),
    /** As the answer to the put itself, event by event. */
    STREAMING('S'),
    /** As a line in a batch's output. */
    BATCH('P');

    private final String word = name().toLowerCase(Locale.ROOT);
    private final char letter;

    ResponseMode(char letter) {
        this.letter = letter;
    }

    /**
     * The mode for its word on the wire, in lower case.
     *
     * @throws Refused {@link Reason#INVALID} for any other word
     */
    public static ResponseMode of(String word) {
        return Arrays.stream(values())
                .filter(mode -> mode.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new Refused(
                        Reason.INVALID,
                        "Unknown response_mode: it must be callback, blocking, streaming or batch",
                        "response_mode"));
    }

    /** The mode that a task id names. */
    public static ResponseMode of(char letter) {
        return Arrays.stream(values())
                .filter(mode -> mode.letter == letter)
                .findFirst()
                .orElseThrow(() -> new Refused(Reason.INVALID, "Unknown response mode in the task id", "task_id"));
    }

    /** Its name on the wire. */
    public String word() {
        return word;
    }

    /** Its letter in task ids. */
    public char letter() {
        return letter;
    }

    /** Whether somebody waits on an open connection. */
    public boolean hasWaitingCaller() {
        return this == BLOCKING || this == STREAMING;
    }
}
