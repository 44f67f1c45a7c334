package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.Outflows;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.stream.BusAddress;
import io.carillon.stream.CallerAnswer;
import io.carillon.stream.EventBus;
import io.carillon.stream.EventStream;
import io.carillon.stream.Progress;
import io.carillon.stream.TaskEvents;
import io.carillon.stream.WorkerEvents;
import io.carillon.task.Completion;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
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
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** What happens to tasks on their way: from workers, and to those who watch. Contract: bella-queue 14. */
@Path("v1/queue")
@ApplicationScoped
public class EventsResource {
    @Inject
    Tasks tasks;

    @Inject
    Queues queues;

    @Inject
    WorkerEvents workerEvents;

    @Inject
    EventBus bus;

    @Inject
    TaskEvents events;

    @Inject
    Outflows outflows;

    @Inject
    TaskApiErrors errors;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** Where workers with a Redis client append their events. It opens that one stream and nothing else of Redis. */
    @GET
    @Path("eventbus")
    @Produces(MediaType.APPLICATION_JSON)
    @AllowedRoles(Role.WORKER)
    public BusAddress eventbus() {
        return bus.address();
    }

    /** Progress, from a worker without a Redis client. */
    @POST
    @Path("{task_id}/progress")
    @Produces(MediaType.WILDCARD)
    @AllowedRoles(Role.WORKER)
    public CompletionStage<Response> progress(
            @PathParam("task_id") String text, JsonBody body, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        WorkerAccess.require(Caller.of(security), id, queues);
        ProgressRequest request = ProgressRequest.of(body.bytes(), configuration.jsonDepth());
        Progress progress = new Progress(
                request.eventId().orElse(null),
                request.eventName().orElse(null),
                request.eventData().orElse(null));
        OptionalInt attempt = request.attempt().map(OptionalInt::of).orElseGet(OptionalInt::empty);
        return Stages.on(executor, workerEvents.progress(id, attempt, progress))
                .thenApply(completion -> answer(id, completion, request.attempt()));
    }

    private static Response answer(TaskId id, Completion completion, Optional<Integer> attempt) {
        return switch (completion) {
            case ACCEPTED, SAME -> BareText.ok(id.text());
            case REFUSED -> BareText.notAccepted(id.text());
            case OLDER_ATTEMPT -> throw Completions.olderAttempt(id, attempt);
            case UNKNOWN -> throw TasksResource.unknown(id);
        };
    }

    /** The state now, then every change and progress in order. Only for whoever put the task. */
    @GET
    @Path("{task_id}/events")
    @AllowedRoles(Role.PRODUCER)
    public void events(
            @PathParam("task_id") String text,
            @HeaderParam("Last-Event-ID") String lastSeen,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        EventStream out = new EventStream(outflows.on(http, response));
        tasks.find(id)
                .thenAcceptAsync(
                        found -> {
                            if (found.filter(task ->
                                            caller.owns(task.specification().owner()))
                                    .isEmpty()) {
                                throw TasksResource.unknown(id);
                            }
                            events.stream(id, Optional.ofNullable(lastSeen), out, this::shaped);
                        },
                        executor)
                .exceptionally(failure -> {
                    out.end(shaped(failure));
                    return null;
                });
    }

    private CallerAnswer shaped(Throwable failure) {
        ErrorAnswer answer = errors.answer(failure);
        return new CallerAnswer(answer.status(), answer.body());
    }
}
