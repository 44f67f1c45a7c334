package io.carillon.platform.http;

/**
 * The body of a request that must be JSON by its content type, as the bytes that were sent and within the limit. Not yet
 * read: it may still be anything. A resource method takes it as its one plain parameter, and needs no {@code @Consumes}.
 *
 * @param bytes empty when no body was sent; not copied
 */
public record JsonBody(byte[] bytes) {}
