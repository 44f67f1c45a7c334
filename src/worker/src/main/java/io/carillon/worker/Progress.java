package io.carillon.worker;

/**
 * What a worker has to tell before it is done.
 *
 * @param id of the event, or null
 * @param name of the event, such as {@code message}, or null
 * @param data any JSON
 */
public record Progress(String id, String name, String data) {}
