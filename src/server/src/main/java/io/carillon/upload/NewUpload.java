package io.carillon.upload;

import io.carillon.file.Purpose;
import java.time.Duration;
import java.util.Optional;

/**
 * What is said of a file before its parts come.
 *
 * @param id see {@link Uploads#newId}
 * @param owner the public id of the API key that it will belong to
 * @param name without any directory, 1 to 512 characters
 * @param mimeType at most 255 characters; stored and not judged
 * @param bytes how many all parts will have together
 * @param life how long the file is kept, counted from its creation; empty for ever
 */
public record NewUpload(
        String id, String owner, Purpose purpose, String name, String mimeType, long bytes, Optional<Duration> life) {

    /** The same under another id. */
    public NewUpload withId(String otherId) {
        return new NewUpload(otherId, owner, purpose, name, mimeType, bytes, life);
    }
}
