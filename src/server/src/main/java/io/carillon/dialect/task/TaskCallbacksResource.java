package io.carillon.dialect.task;

import io.carillon.callback.Callback;
import io.carillon.callback.Callbacks;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queues;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** What became of a task's callback. Only for whoever put the task. */
@Path("v1/queue/{task_id}/callbacks")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.PRODUCER)
public class TaskCallbacksResource {
    @Inject
    Callbacks callbacks;

    @Inject
    Tasks tasks;

    @Inject
    Queues queues;

    @Inject
    ExecutorService executor;

    /** A list as OpenAI writes it. */
    public record Listed(String object, List<CallbackAnswer> data, boolean hasMore) {}

    /** The callback with its delivery log; nothing while the task runs, or when it owes none. */
    @GET
    public CompletionStage<Listed> list(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        Optional<Callback> found = own(id, caller);
        if (found.isPresent()) {
            return CompletableFuture.completedStage(new Listed("list", List.of(answer(found.get())), false));
        }
        return Stages.on(executor, tasks.find(id)).thenApply(task -> {
            if (task.filter(one -> caller.owns(one.specification().owner())).isEmpty()) {
                throw TasksResource.unknown(id);
            }
            return new Listed("list", List.of(), false);
        });
    }

    /** Sends it now, whatever became of it, and tries it for a day again. */
    @POST
    @Path("replay")
    public Response replay(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        if (own(id, caller).isEmpty() || !callbacks.replay(id.text())) {
            throw new Refused(Reason.UNKNOWN, "There is no callback of task " + id + ", or it is gone", "task_id");
        }
        return Response.accepted(answer(own(id, caller).orElseThrow(() -> TasksResource.unknown(id))))
                .build();
    }

    private Optional<Callback> own(TaskId id, Caller caller) {
        Optional<Callback> found = callbacks.find(id.text());
        if (found.isPresent() && !caller.owns(found.get().owner())) {
            throw TasksResource.unknown(id);
        }
        return found;
    }

    private CallbackAnswer answer(Callback callback) {
        return CallbackAnswer.of(callback, callbacks.attempts(callback), queues);
    }
}
