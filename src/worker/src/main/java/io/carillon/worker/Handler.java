package io.carillon.worker;

/** Does the work of one queue. Called by several threads at once if the worker's concurrency is more than one. */
@FunctionalInterface
public interface Handler {
    /**
     * Does a task. The thread is interrupted when the task is cancelled, when its lease is lost, and when the worker stops and
     * cannot wait any longer.
     *
     * @return the body of the answer, which is written as JSON; or a {@link Result}, which says more; or null for no body.
     *     It counts for nothing when the handler has already ended the task by a method of {@link TaskWrapper}
     * @throws PermanentFailure when trying again will not help; the task ends with its status and message
     * @throws Exception when this attempt failed; the task is tried again after its backoff, until it may fail no more
     */
    Object handle(TaskWrapper task) throws Exception;
}
