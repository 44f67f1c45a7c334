package io.carillon.task;

/** A worker's claim that an attempt is its own. */
public record Lease(TaskId id, int attempt) {}
