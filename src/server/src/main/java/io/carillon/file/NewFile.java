package io.carillon.file;

import java.time.Duration;
import java.util.Optional;

/**
 * What is said of a file when it is kept.
 *
 * @param owner the public id of the API key that it will belong to
 * @param name without any directory, 1 to 512 characters
 * @param life how long it is kept, counted from its creation in whole seconds; empty for ever
 */
public record NewFile(FileId id, String owner, Purpose purpose, String name, Optional<Duration> life) {
    /** The longest name. */
    public static final int LONGEST_NAME = 512;

    public NewFile {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException("A name has 1 to " + LONGEST_NAME + " characters");
        }
    }
}
