package io.carillon.task;

/**
 * A task that was given up.
 *
 * @param owner the public id of the producer's key
 * @param died when it was given up, in ms
 * @param error why, in words
 */
public record DeadLetter(TaskId id, String owner, long died, String error) {}
