package io.carillon.task;

import io.carillon.platform.json.RawJson;
import org.assertj.core.api.AbstractAssert;
import org.assertj.core.api.Assertions;

/** What tests claim about a task. */
final class TaskAssert extends AbstractAssert<TaskAssert, Task> {
    private TaskAssert(Task task) {
        super(task, TaskAssert.class);
    }

    static TaskAssert assertThat(Task task) {
        return new TaskAssert(task);
    }

    TaskAssert is(TaskState state) {
        isNotNull();
        Assertions.assertThat(actual.state()).as("state of %s", actual.id()).isEqualTo(state);
        return this;
    }

    TaskAssert isWaiting() {
        return is(TaskState.WAITING);
    }

    TaskAssert isRunning() {
        return is(TaskState.RUNNING);
    }

    TaskAssert isSucceeded() {
        return is(TaskState.SUCCEEDED);
    }

    TaskAssert isCancelled() {
        return is(TaskState.CANCELLED);
    }

    TaskAssert isTimeout() {
        return is(TaskState.TIMEOUT);
    }

    TaskAssert onAttempt(int number) {
        Assertions.assertThat(actual.attempt()).as("attempt of %s", actual.id()).isEqualTo(number);
        return this;
    }

    TaskAssert hasLost(int leases) {
        Assertions.assertThat(actual.lost())
                .as("lost leases of %s", actual.id())
                .isEqualTo(leases);
        return this;
    }

    TaskAssert takenBy(String worker) {
        Assertions.assertThat(actual.worker()).as("worker of %s", actual.id()).isEqualTo(worker);
        return this;
    }

    TaskAssert hasResult(RawJson result) {
        Assertions.assertThat(actual.result()).as("result of %s", actual.id()).isEqualTo(result);
        return this;
    }

    TaskAssert hasProgress(RawJson progress) {
        Assertions.assertThat(actual.progress())
                .as("progress of %s", actual.id())
                .isEqualTo(progress);
        return this;
    }
}
