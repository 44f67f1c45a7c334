package io.carillon.worker;

/** Does tasks in its own way, with threads of its own if it likes. The name and the methods are those of Bella-Queue's SDK. */
public interface TaskExecutor {
    /**
     * Begins a task. Called by the one thread that takes tasks: a slow method delays the next take. The task goes on until one of
     * the methods of {@link TaskWrapper} ends it, which any thread may do later; its lease is renewed meanwhile. When this throws,
     * the task ends with status 500 and the message; when it throws an {@link Error}, the task goes back unharmed.
     */
    void submit(TaskWrapper task);

    /** How many more tasks it can begin now; the worker asks for no more than that. Zero or less for none. */
    default Integer remainingCapacity() {
        return 1;
    }
}
