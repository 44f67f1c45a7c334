package io.carillon.file;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a file is for. Contract: openai-batch 2.1, 2.2 and 2.6. */
public enum Purpose {
    ASSISTANTS("assistants", true),
    ASSISTANTS_OUTPUT("assistants_output", false),
    BATCH("batch", true),
    BATCH_OUTPUT("batch_output", false),
    FINE_TUNE("fine-tune", true),
    FINE_TUNE_RESULTS("fine-tune-results", false),
    VISION("vision", true),
    USER_DATA("user_data", true),
    EVALS("evals", true);

    private static final Duration LIFE_OF_A_BATCH_FILE = Duration.ofDays(30);

    private final String text;
    private final boolean uploaded;

    Purpose(String text, boolean uploaded) {
        this.text = text;
        this.uploaded = uploaded;
    }

    /** As it is on the wire and in the database. */
    public String text() {
        return text;
    }

    /** Whether a client may upload such files; the others are made here. */
    public boolean isUploaded() {
        return uploaded;
    }

    /** How long a file is kept for which nobody said; empty for ever. */
    public Optional<Duration> usualLife() {
        return this == BATCH ? Optional.of(LIFE_OF_A_BATCH_FILE) : Optional.empty();
    }

    public static Optional<Purpose> of(String text) {
        return Arrays.stream(values()).filter(each -> each.text.equals(text)).findFirst();
    }

    /** Those that a client may name when it uploads. */
    public static List<Purpose> uploads() {
        return Arrays.stream(values()).filter(Purpose::isUploaded).toList();
    }
}
