package io.carillon.upload;

import io.carillon.file.FileId;
import java.time.Instant;
import java.util.Optional;

/**
 * A file that comes in parts.
 *
 * @param expires from then on it takes no part and cannot be completed
 * @param file what it became
 */
public record Upload(NewUpload what, Instant created, Instant expires, UploadState state, Optional<FileId> file) {}
