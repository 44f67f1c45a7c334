package io.carillon.dialect.openai.file;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.carillon.file.StoredFile;
import java.time.Instant;

/**
 * A file on the wire (contract 2.1). Times are seconds since 1970.
 *
 * @param object always {@code file}
 * @param expiresAt null for never
 * @param status always {@code processed}: a file is durable when anybody hears of it
 * @param statusDetails always null
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record FileAnswer(
        String id,
        String object,
        long bytes,
        long createdAt,
        Long expiresAt,
        String filename,
        String purpose,
        String status,
        String statusDetails) {

    static FileAnswer of(StoredFile file) {
        return new FileAnswer(
                file.id().text(),
                "file",
                file.bytes(),
                file.created().getEpochSecond(),
                file.expires().map(Instant::getEpochSecond).orElse(null),
                file.name(),
                file.purpose().text(),
                "processed",
                null);
    }
}
