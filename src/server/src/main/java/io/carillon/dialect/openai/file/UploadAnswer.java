package io.carillon.dialect.openai.file;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.carillon.upload.Upload;
import io.carillon.upload.UploadState;

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

    /** As it was when it began, whatever has become of it since: a repeated request gets the first answer again. */
    static UploadAnswer begun(Upload upload) {
        return of(upload, UploadState.PENDING, null);
    }

    /** @param file null when there is none, or none any more */
    static UploadAnswer of(Upload upload, FileAnswer file) {
        return of(upload, upload.state(), file);
    }

    private static UploadAnswer of(Upload upload, UploadState state, FileAnswer file) {
        return new UploadAnswer(
                upload.what().id(),
                "upload",
                upload.what().bytes(),
                upload.created().getEpochSecond(),
                upload.expires().getEpochSecond(),
                upload.what().name(),
                upload.what().purpose().text(),
                state.text(),
                file);
    }
}
