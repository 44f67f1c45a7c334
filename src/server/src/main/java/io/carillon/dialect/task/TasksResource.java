package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.LongTakes;
import io.carillon.task.Take;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Single tasks after they were put. Contract: bella-queue 9 to 12. */
@Path("v1/queue")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class TasksResource {
    private static final Logger LOG = LoggerFactory.getLogger(TasksResource.class);
    private static final byte[] NOTHING = {'{', '}'};

    @Inject
    Tasks tasks;

    @Inject
    Completions completions;

    @Inject
    LongTakes takes;

    @Inject
    TakeAnswers answers;

    @Inject
    TaskApiErrors errors;

    @Inject
    Queues queues;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** Only for whoever put it. */
    @GET
    @Path("{task_id}")
    @AllowedRoles(Role.PRODUCER)
    public CompletionStage<TaskAnswer> get(@PathParam("task_id") String text, @Context SecurityContext security) {
        Caller caller = Caller.of(security);
        return own(TaskId.parse(text), caller).thenApplyAsync(TaskAnswer::of, executor);
    }

    private CompletionStage<Task> own(TaskId id, Caller caller) {
        return tasks.find(id).thenApply(found -> found.filter(
                        task -> caller.owns(task.specification().owner()))
                .orElseThrow(() -> unknown(id)));
    }

    static Refused unknown(TaskId id) {
        return new Refused(Reason.UNKNOWN, "There is no task " + id + ", or it is gone", "task_id");
    }

    /**
     * Answers 200 with the id whatever became of the result, for a worker could do nothing about it; or, with {@code take},
     * with an object that says so and has the next tasks.
     */
    @POST
    @Path("{task_id}/complete")
    @Produces(MediaType.WILDCARD)
    @AllowedRoles(Role.WORKER)
    public void complete(
            @PathParam("task_id") String text,
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        WorkerAccess.require(caller, id, queues);
        CompleteRequest request = CompleteRequest.of(body.bytes(), configuration.jsonDepth());
        if (request.take().isPresent()) {
            completeAndTake(id, request, caller, http, response);
            return;
        }
        completions
                .one(id, request)
                .whenCompleteAsync(
                        (accepted, failure) -> {
                            if (failure != null) {
                                response.resume(failure);
                            } else {
                                response.resume(accepted ? BareText.ok(id.text()) : BareText.notAccepted(id.text()));
                            }
                        },
                        executor);
    }

    /** What came of a result, and the next tasks by full queue name. */
    record Completed(String taskId, boolean accepted, Map<String, List<TaskAnswer>> tasks) {}

    /** A take that cannot be is refused before the result counts; one that fails later just brings nothing. */
    private void completeAndTake(
            TaskId id, CompleteRequest request, Caller caller, HttpServletRequest http, AsyncResponse response)
            throws IOException {
        TakeRequest wanted = request.take().orElseThrow();
        wanted.queues().forEach(name -> caller.require(name.queue()));
        Take take = wanted.take();
        takes.requireRegistered(take);
        LateAnswer late = LateAnswer.on(http, response);
        completions
                .one(id, request)
                .whenCompleteAsync(
                        (accepted, refused) -> {
                            if (refused != null) {
                                late.refuse(errors.answer(refused), NOTHING);
                                return;
                            }
                            answers.give(take, late, tasks -> new Completed(id.text(), accepted, tasks), failure -> {
                                LOG.warn("Task {} was completed, but nothing could be taken after it", id, failure);
                                late.give(Json.bytes(new Completed(id.text(), accepted, Map.of())));
                            });
                        },
                        executor);
    }

    /** Answers 202 with the id, also when the task had ended. */
    @POST
    @Path("{task_id}/cancel")
    @Produces(MediaType.WILDCARD)
    @AllowedRoles(Role.PRODUCER)
    public CompletionStage<Response> cancel(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        return tasks.find(id)
                .thenCompose(found -> {
                    if (found.isPresent()
                            && !caller.owns(found.get().specification().owner())) {
                        throw unknown(id);
                    }
                    return tasks.cancel(id, "Cancelled by its producer", false);
                })
                .thenApplyAsync(
                        cancelled ->
                                BareText.of(Response.Status.ACCEPTED, id.text()).build(),
                        executor);
    }
}
