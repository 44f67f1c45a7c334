package io.carillon.dialect.openai.file;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.carillon.upload.Upload;

/**
 * An upload on the wire (contract 8). Times are seconds since 1970.
 *
 * @param object always {@code upload}
 * @param bytes as announced
 * @param file what it became; null until then
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record UploadAnswer(
        String id,
        String object,
        long bytes,
        long createdAt,
        long expiresAt,
        String filename,
        String purpose,
        String status,
        FileAnswer file) {

    /** @param file null when there is none, or none any more */
    static UploadAnswer of(Upload upload, FileAnswer file) {
        return new UploadAnswer(
                upload.what().id(),
                "upload",
                upload.what().bytes(),
                upload.created().getEpochSecond(),
                upload.expires().getEpochSecond(),
                upload.what().name(),
                upload.what().purpose().text(),
                upload.state().text(),
                file);
    }
}
