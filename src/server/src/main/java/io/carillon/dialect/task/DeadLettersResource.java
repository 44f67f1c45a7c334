package io.carillon.dialect.task;

import io.carillon.dialect.task.DeadLettersRequest.Matching;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.DeadLetters;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.BiFunction;

/** The caller's tasks that were given up, newest first. An admin has everybody's. */
@Path("v1/dead-letters")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.PRODUCER)
public class DeadLettersResource {
    private static final int MOST = 100;
    private static final int USUAL = 20;

    @Inject
    DeadLetters letters;

    @Inject
    Tasks tasks;

    @Inject
    Queues queues;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** A page as OpenAI writes it; a dead letter is known by its task's id. */
    public record Page(String object, List<DeadLetterAnswer> data, String firstId, String lastId, boolean hasMore) {}

    /**
     * What was done.
     *
     * @param unknown ids of the request that are no dead letters of the caller; null when it had a filter
     */
    public record Replayed(int replayed, boolean hasMore, List<String> unknown) {}

    /** See {@link Replayed}. */
    public record Discarded(int discarded, boolean hasMore, List<String> unknown) {}

    /**
     * Without their data, results and attempts.
     *
     * @param owner only for an admin: those that were put with this key
     * @param from ISO-8601 or ms since 1970, inclusive: when they were given up
     * @param to the same, exclusive
     * @param text in the error
     * @param after the last id of the page before
     */
    @GET
    public Page list(
            @QueryParam("queue") String queue,
            @QueryParam("owner") String owner,
            @QueryParam("from") String from,
            @QueryParam("to") String to,
            @QueryParam("text") String text,
            @QueryParam("limit") String limit,
            @QueryParam("after") String after,
            @Context SecurityContext security) {
        int most = Texts.limit(limit, USUAL, MOST);
        DeadLetters.Filter filter = filter(Matching.of(queue, owner, from, to, text), Caller.of(security));
        Optional<TaskId> last =
                Optional.ofNullable(after).filter(id -> !id.isBlank()).map(TaskId::parse);
        List<DeadLetterAnswer> found = letters.list(filter, most + 1, last).stream()
                .map(DeadLetterAnswer::listed)
                .toList();
        List<DeadLetterAnswer> data = found.stream().limit(most).toList();
        return new Page(
                "list",
                data,
                data.isEmpty() ? null : data.get(0).taskId(),
                data.isEmpty() ? null : data.get(data.size() - 1).taskId(),
                found.size() > most);
    }

    /** With all its attempts. */
    @GET
    @Path("{task_id}")
    public DeadLetterAnswer get(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        Caller caller = Caller.of(security);
        return letters.find(id)
                .filter(found -> caller.owns(found.letter().owner()))
                .map(DeadLetterAnswer::whole)
                .orElseThrow(() -> unknown(id));
    }

    /** Begins the task anew; gives it as it stands then. */
    @POST
    @Path("{task_id}/replay")
    public CompletionStage<TaskAnswer> replay(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        if (letters.replay(List.of(id), owner(Caller.of(security))).isEmpty()) {
            throw unknown(id);
        }
        return Stages.on(executor, tasks.find(id).exceptionally(failure -> Optional.empty()))
                .thenApply(task -> TaskAnswer.of(task.orElseThrow(() -> new Refused(
                        Reason.UNAVAILABLE, "Task " + id + " is replayed, but cannot be read now: look at it later"))));
    }

    /** Removes the task for good. */
    @DELETE
    @Path("{task_id}")
    public void discard(@PathParam("task_id") String text, @Context SecurityContext security) {
        TaskId id = TaskId.parse(text);
        if (letters.discard(List.of(id), owner(Caller.of(security))).isEmpty()) {
            throw unknown(id);
        }
    }

    /** Begins many anew. */
    @POST
    @Path("replay")
    public Replayed replay(JsonBody body, @Context SecurityContext security) {
        return many(body, Caller.of(security), letters::replay, letters::replay, Replayed::new);
    }

    /** Removes many for good. */
    @POST
    @Path("discard")
    public Discarded discard(JsonBody body, @Context SecurityContext security) {
        return many(body, Caller.of(security), letters::discard, letters::discard, Discarded::new);
    }

    @FunctionalInterface
    private interface Shape<A> {
        A of(int done, boolean more, List<String> unknown);
    }

    private <A> A many(
            JsonBody body,
            Caller caller,
            BiFunction<Collection<TaskId>, Optional<String>, Set<TaskId>> named,
            BiFunction<DeadLetters.Filter, Integer, DeadLetters.Done> matching,
            Shape<A> shape) {
        DeadLettersRequest request = DeadLettersRequest.of(body.bytes(), configuration.jsonDepth());
        if (request.filter() != null) {
            DeadLetters.Done done = matching.apply(filter(request.filter(), caller), request.limit());
            return shape.of(done.count(), done.more(), null);
        }
        List<TaskId> ids = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (String text : request.ids()) {
            try {
                ids.add(TaskId.parse(text));
            } catch (Refused noId) {
                unknown.add(text);
            }
        }
        Set<TaskId> done = named.apply(ids, owner(caller));
        ids.stream().filter(id -> !done.contains(id)).map(TaskId::text).forEach(unknown::add);
        return shape.of(done.size(), false, unknown);
    }

    private DeadLetters.Filter filter(Matching matching, Caller caller) {
        Optional<String> owner = owner(caller);
        if (owner.isPresent()
                && matching.owner()
                        .filter(wanted -> !wanted.equals(caller.keyId()))
                        .isPresent()) {
            throw new Refused(Reason.FORBIDDEN, "Only an admin sees what was put with another key", "owner");
        }
        return new DeadLetters.Filter(
                owner.or(matching::owner),
                matching.queue().map(name -> queues.get(new QueueName(name)).number()),
                matching.from(),
                matching.to(),
                matching.text());
    }

    private static Optional<String> owner(Caller caller) {
        return caller.has(Role.ADMIN) ? Optional.empty() : Optional.of(caller.keyId());
    }

    private static Refused unknown(TaskId id) {
        return new Refused(Reason.UNKNOWN, "There is no dead letter " + id + ", or it is gone", "task_id");
    }
}
