package io.carillon.dialect.task;

import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.TaskId;
import java.util.Set;

/** Which tasks a worker may answer: those of the queues that its key allows, whoever took them. */
final class WorkerAccess {
    private WorkerAccess() {}

    static void require(Caller caller, TaskId id, Queues queues) {
        require(caller, Set.of(id.queue()), queues);
    }

    /** For tasks of those queues, by number. */
    static void require(Caller caller, Set<Integer> numbers, Queues queues) {
        if (!caller.queues().patterns().isEmpty()) {
            queues.numbered(numbers).values().forEach(queue -> caller.require(queue.name()));
        }
    }
}
