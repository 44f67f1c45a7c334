package io.carillon.instance;

/**
 * This running server.
 *
 * @param name {@code ip:port-<number>}, unique among all that ever ran at about the same time
 * @param number 0 to 9999, in the ids that it makes
 */
public record Instance(String name, int number) {}
