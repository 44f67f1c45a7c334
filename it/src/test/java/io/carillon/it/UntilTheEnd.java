package io.carillon.it;

import io.carillon.worker.Handles;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A bean of WorkerInPayaraIT whose tasks are done when the application is about to stop, and not before. */
@RequestScoped
class UntilTheEnd {
    @Inject
    Worker worker;

    @Handles("until-the-end")
    Map<String, Integer> finish(TaskWrapper task) throws InterruptedException {
        while (worker.state() == Worker.State.RUNNING) {
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            if (Thread.interrupted()) {
                throw new InterruptedException("Task " + task.id() + " was cancelled");
            }
        }
        return Map.of("capacity", worker.capacity());
    }
}
