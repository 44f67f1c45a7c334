package io.carillon.dialect.openai.file;

import io.carillon.upload.Part;

/**
 * A part of an upload on the wire (contract 8).
 *
 * @param object always {@code upload.part}
 * @param createdAt seconds since 1970
 */
public record PartAnswer(String id, String object, long createdAt, String uploadId) {

    static PartAnswer of(Part part) {
        return new PartAnswer(part.id(), "upload.part", part.created().getEpochSecond(), part.upload());
    }
}
