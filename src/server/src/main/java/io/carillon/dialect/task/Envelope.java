package io.carillon.dialect.task;

/**
 * What Bella-Queue wraps the answer to a put in.
 *
 * @param timestamp ms since 1970
 */
record Envelope(int code, long timestamp, String data) {}
