package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** Single tasks after they were put, besides what {@link DirectCalls} serves. Contract: bella-queue 9 to 12. */
@Path("v1/queue")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class TasksResource {
    @Inject
    Tasks tasks;

    @Inject
    ExecutorService executor;

    /** Tasks are read by {@link StatusCall}; what comes here does not look like the id of one. */
    @GET
    @Path("{task_id}")
    @AllowedRoles(Role.PRODUCER)
    public Response get(@PathParam("task_id") String text) {
        throw unknown(TaskId.parse(text));
    }

    static Refused unknown(TaskId id) {
        return new Refused(Reason.UNKNOWN, "There is no task " + id + ", or it is gone", "task_id");
    }

    /** Answers 202 with the id, also when the task had ended. */
    @POST
    @Path("{task_id}/cancel")
    @Produces(MediaType.WILDCARD)
    @AllowedRoles(Role.PRODUCER)
    public CompletionStage<Response> cancel(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        CompletionStage<?> cancelled = tasks.find(id).thenCompose(found -> {
            if (found.isPresent() && !caller.owns(found.get().specification().owner())) {
                throw unknown(id);
            }
            return tasks.cancel(id, "Cancelled by its producer", false);
        });
        return Stages.on(executor, cancelled).thenApply(done -> BareText.of(Response.Status.ACCEPTED, id.text())
                .build());
    }
}
