package io.carillon.dialect.task;

import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.TaskId;

/** Which tasks a worker may answer: those of the queues that its key allows, whoever took them. */
final class WorkerAccess {
    private WorkerAccess() {}

    static void require(Caller caller, TaskId id, Queues queues) {
        if (!caller.queues().patterns().isEmpty()) {
            queues.find(id.queue()).ifPresent(queue -> caller.require(queue.name()));
        }
    }
}
