package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.http.Exchange;
import io.carillon.platform.json.Json;
import io.carillon.security.Caller;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import java.util.concurrent.ExecutorService;

/** A task as it stands now, for whoever put it. Contract: bella-queue 11. */
class StatusCall implements DirectCall {
    private static final int OK = 200;

    private final Tasks tasks;
    private final TaskApiErrors errors;
    private final ExecutorService executor;

    StatusCall(Tasks tasks, TaskApiErrors errors, ExecutorService executor) {
        this.tasks = tasks;
        this.errors = errors;
        this.executor = executor;
    }

    @Override
    public void answer(Exchange exchange, Caller caller, String text) {
        TaskId id = TaskId.parse(text);
        exchange.later();
        exchange.answer(
                Stages.on(executor, tasks.find(id)),
                found -> exchange.answer(
                        OK,
                        Json.bytes(TaskAnswer.of(found.filter(
                                        task -> caller.owns(task.specification().owner()))
                                .orElseThrow(() -> TasksResource.unknown(id))))),
                errors::answer);
    }
}
