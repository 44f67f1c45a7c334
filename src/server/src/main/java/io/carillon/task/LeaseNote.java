package io.carillon.task;

/**
 * What Redis decided about an offline task's lease, to be noted in MariaDB soon.
 *
 * @param state running for a task that was taken, waiting for one whose lease was lost
 * @param worker who took it, or null
 * @param deadline when the lease ends, in ms; 0 without one
 * @param started when the attempt began, in ms; 0 when it did not begin now
 */
record LeaseNote(TaskId id, TaskState state, int attempt, String worker, long deadline, long started) {}
