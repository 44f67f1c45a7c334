package io.carillon.file;

import java.time.Instant;
import java.util.Optional;

/**
 * A file that is kept: its bytes are durable and never change.
 *
 * @param owner the public id of the API key that it belongs to
 * @param name without any directory
 * @param sha256 of its bytes, in 64 hexadecimal digits
 * @param blob where its bytes lie in the store
 * @param expires from then on it is as if it were deleted; empty for never
 */
public record StoredFile(
        FileId id,
        String owner,
        Purpose purpose,
        String name,
        long bytes,
        String sha256,
        String blob,
        Instant created,
        Optional<Instant> expires) {}
