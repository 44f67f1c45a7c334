package io.carillon.upload;

import java.time.Instant;

/**
 * One part of a file.
 *
 * @param blob where its bytes lie in the store
 */
public record Part(String id, String upload, long bytes, String blob, Instant created) {}
