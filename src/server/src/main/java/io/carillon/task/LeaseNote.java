package io.carillon.task;

/**
 * What Redis decided about an offline task's lease, to be noted in MariaDB soon.
 *
 * @param state running for a task that was taken, waiting or scheduled for one that came back
 * @param delivery how it was given to workers so far; for a task that was taken, counts that are not known are -1
 * @param maxLost how many leases the take lets it lose, or null when it did not say
 * @param sequential whether it was taken sequentially
 */
record LeaseNote(TaskId id, TaskState state, Delivery delivery, Integer maxLost, boolean sequential) {}
