package io.carillon.dialect.task;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.Completion;
import io.carillon.task.Task;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.concurrent.ManagedExecutorService;
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
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Single tasks after they were put. Contract: bella-queue 9 to 12. */
@Path("v1/queue/{task_id}")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class TasksResource {
    private static final Logger LOG = LoggerFactory.getLogger(TasksResource.class);
    private static final String ACCEPTED = "X-Carillon-Accepted";

    @Inject
    Tasks tasks;

    @Inject
    Queues queues;

    @Inject
    Configuration configuration;

    @Inject
    ManagedExecutorService executor;

    /** Only for whoever put it. */
    @GET
    @RolesAllowed("producer")
    public CompletionStage<TaskAnswer> get(@PathParam("task_id") String text, @Context SecurityContext security) {
        Caller caller = Caller.of(security);
        return own(TaskId.parse(text), caller).thenApplyAsync(TaskAnswer::of, executor);
    }

    private CompletionStage<Task> own(TaskId id, Caller caller) {
        return tasks.find(id).thenApply(found -> found.filter(
                        task -> caller.owns(task.specification().owner()))
                .orElseThrow(() -> unknown(id)));
    }

    private static Refused unknown(TaskId id) {
        return new Refused(Reason.UNKNOWN, "There is no task " + id + ", or it is gone", "task_id");
    }

    /** Answers 200 with the id whatever became of the result, for a worker could do nothing about it. */
    @POST
    @Path("complete")
    @Produces(MediaType.WILDCARD)
    @RolesAllowed("worker")
    public CompletionStage<Response> complete(
            @PathParam("task_id") String text, JsonBody body, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        requireQueue(Caller.of(security), id);
        CompleteRequest request = CompleteRequest.of(body.bytes(), configuration.jsonDepth());
        return tasks.complete(id, optional(request.attempt()), request.result(), request.fields())
                .thenApplyAsync(completion -> answer(id, completion, request), executor);
    }

    private void requireQueue(Caller caller, TaskId id) {
        if (!caller.queues().patterns().isEmpty()) {
            queues.find(id.queue()).ifPresent(queue -> caller.require(queue.name()));
        }
    }

    private static OptionalInt optional(Optional<Integer> number) {
        return number.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    private static Response answer(TaskId id, Completion completion, CompleteRequest request) {
        return switch (completion) {
            case ACCEPTED, SAME -> BareText.ok(id.text());
            case REFUSED -> notAccepted(id);
            case OLDER_ATTEMPT -> throw olderAttempt(id, request.attempt());
            case UNKNOWN -> {
                if (request.attempt().isPresent()) {
                    throw unknown(id);
                }
                LOG.warn("A result came for task {}, which is unknown or gone", id);
                yield notAccepted(id);
            }
        };
    }

    private static Response notAccepted(TaskId id) {
        return BareText.of(Response.Status.OK, id.text())
                .header(ACCEPTED, false)
                .build();
    }

    static Refused olderAttempt(TaskId id, Optional<Integer> attempt) {
        return new Refused(
                Reason.CONFLICT,
                "Task " + id + " went on to a newer attempt; what comes from attempt "
                        + attempt.map(String::valueOf).orElse("before") + " is refused",
                "attempt");
    }

    /** Answers 202 with the id, also when the task had ended. */
    @POST
    @Path("cancel")
    @Produces(MediaType.WILDCARD)
    @RolesAllowed("producer")
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
