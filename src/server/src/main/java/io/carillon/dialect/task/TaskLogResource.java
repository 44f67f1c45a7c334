package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.TaskId;
import io.carillon.task.TaskLog;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** What happened to a task. Only for whoever put it. */
@Path("v1/queue/{task_id}/log")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.PRODUCER)
public class TaskLogResource {
    @Inject
    Tasks tasks;

    @Inject
    TaskLog log;

    @Inject
    ExecutorService executor;

    /** A list as OpenAI writes it. */
    public record Listed(String object, List<LogAnswer> data, boolean hasMore) {}

    /** A change of state; see {@link TaskLog.Entry}. */
    public record LogAnswer(long time, String state, int attempt, String why, String workerId, String error) {
        static LogAnswer of(TaskLog.Entry entry) {
            return new LogAnswer(
                    entry.time(), entry.state().word(), entry.attempt(), entry.why(), entry.worker(), entry.error());
        }
    }

    /** Every change of its state, in order. */
    @GET
    public CompletionStage<Listed> log(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        return Stages.on(
                        executor,
                        tasks.find(id)
                                .thenApply(found -> found.filter(task ->
                                                caller.owns(task.specification().owner()))
                                        .orElseThrow(() -> TasksResource.unknown(id)))
                                .thenCompose(log::of))
                .thenApply(entries ->
                        new Listed("list", entries.stream().map(LogAnswer::of).toList(), false));
    }
}
