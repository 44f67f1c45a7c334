package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Completion;
import io.carillon.task.Lease;
import io.carillon.task.Leases;
import io.carillon.task.TaskId;
import io.carillon.worker.Workers;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** What workers say about the tasks that they have, other than results. */
@Path("v1/queue")
@ApplicationScoped
@AllowedRoles(Role.WORKER)
public class LeasesResource {
    private static final String FAILED = "The worker handed the attempt back as failed";

    @Inject
    Leases leases;

    @Inject
    Queues queues;

    @Inject
    Workers workers;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /**
     * What became of a worker's leases, by task id.
     *
     * @param renewed those that go on
     * @param lost tasks that the worker has no more, or may not have with its key
     * @param cancel tasks whose work is in vain; the worker shall stop
     * @param drain true when the worker shall finish what it has and take no more; else left out
     */
    public record Heartbeat(List<String> renewed, List<String> lost, List<String> cancel, Boolean drain) {
        static Heartbeat of(Leases.Renewed renewed, List<String> notItsOwn, boolean drain) {
            List<String> lost = new ArrayList<>(texts(renewed.lost()));
            lost.addAll(notItsOwn);
            return new Heartbeat(texts(renewed.renewed()), lost, texts(renewed.stop()), drain ? Boolean.TRUE : null);
        }

        private static List<String> texts(List<TaskId> ids) {
            return ids.stream().map(TaskId::text).toList();
        }
    }

    /** Renews all leases of a worker at once. Those that it may not have do not keep it from the others. */
    @POST
    @Path("heartbeat")
    @Produces(MediaType.APPLICATION_JSON)
    public CompletionStage<Heartbeat> heartbeat(JsonBody body, @Context SecurityContext security) {
        HeartbeatRequest request = HeartbeatRequest.of(body.bytes(), configuration.jsonDepth());
        Caller caller = Caller.of(security);
        List<Lease> named = new ArrayList<>();
        List<String> notItsOwn = new ArrayList<>();
        Set<Integer> numbers = new HashSet<>();
        for (HeartbeatRequest.Claimed claimed : request.leases()) {
            TaskId id;
            try {
                id = TaskId.parse(claimed.taskId());
            } catch (Refused noId) {
                notItsOwn.add(claimed.taskId());
                continue;
            }
            numbers.add(id.queue());
            named.add(new Lease(id, claimed.attempt()));
        }
        Set<Integer> denied = WorkerAccess.denied(caller, numbers, queues);
        named.removeIf(lease ->
                denied.contains(lease.id().queue()) && notItsOwn.add(lease.id().text()));
        boolean drain = workers.heard(request.worker(), caller.keyId(), caller.has(Role.ADMIN), request.report());
        return Stages.on(executor, leases.renew(request.worker(), named))
                .thenApply(renewed -> Heartbeat.of(renewed, notItsOwn, drain));
    }

    /** The attempt failed: the task is tried again after its backoff, unless it may fail no more. */
    @POST
    @Path("{task_id}/retry")
    @Produces(MediaType.WILDCARD)
    public CompletionStage<Response> retry(
            @PathParam("task_id") String text, JsonBody body, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        WorkerAccess.require(Caller.of(security), id, queues);
        HandBackRequest request = HandBackRequest.of(body.bytes(), configuration.jsonDepth());
        return Stages.on(
                        executor,
                        leases.retry(
                                id,
                                attempt(request),
                                request.delay(),
                                request.reason().orElse(FAILED)))
                .thenApply(completion -> answer(id, completion, request));
    }

    /** The task is handed back unharmed and waits again in its old place. */
    @POST
    @Path("{task_id}/release")
    @Produces(MediaType.WILDCARD)
    public CompletionStage<Response> release(
            @PathParam("task_id") String text, JsonBody body, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        WorkerAccess.require(Caller.of(security), id, queues);
        HandBackRequest request = HandBackRequest.of(body.bytes(), configuration.jsonDepth());
        return Stages.on(
                        executor,
                        leases.release(id, attempt(request), request.reason().orElse(null)))
                .thenApply(completion -> answer(id, completion, request));
    }

    private static OptionalInt attempt(HandBackRequest request) {
        return request.attempt().map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    private static Response answer(TaskId id, Completion completion, HandBackRequest request) {
        return switch (completion) {
            case ACCEPTED, SAME -> BareText.ok(id.text());
            case REFUSED -> BareText.notAccepted(id.text());
            case OLDER_ATTEMPT -> throw Completions.olderAttempt(id, request.attempt());
            case UNKNOWN -> throw TasksResource.unknown(id);
        };
    }
}
