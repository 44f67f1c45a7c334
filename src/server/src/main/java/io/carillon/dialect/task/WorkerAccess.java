package io.carillon.dialect.task;

import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.TaskId;
import java.util.Set;
import java.util.stream.Collectors;

/** Which tasks a worker may answer: those of the queues that its key allows, whoever took them. */
final class WorkerAccess {
    private WorkerAccess() {}

    static void require(Caller caller, TaskId id, Queues queues) {
        if (!caller.queues().patterns().isEmpty()) {
            queues.numbered(Set.of(id.queue())).values().forEach(queue -> caller.require(queue.name()));
        }
    }

    /** Those of the queues, by number, whose tasks are not the caller's to answer. */
    static Set<Integer> denied(Caller caller, Set<Integer> numbers, Queues queues) {
        if (caller.queues().patterns().isEmpty()) {
            return Set.of();
        }
        return queues.numbered(numbers).values().stream()
                .filter(queue -> !caller.mayUse(queue.name()))
                .map(Queue::number)
                .collect(Collectors.toSet());
    }
}
