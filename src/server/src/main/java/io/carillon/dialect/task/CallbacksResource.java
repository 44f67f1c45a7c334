package io.carillon.dialect.task;

import io.carillon.callback.Callback;
import io.carillon.callback.CallbackFilter;
import io.carillon.callback.CallbackState;
import io.carillon.callback.Callbacks;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.TaskId;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.List;
import java.util.Optional;

/** The caller's callbacks, newest first. An admin sees everybody's. */
@Path("v1/callbacks")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.PRODUCER)
public class CallbacksResource {
    private static final int MOST = 100;
    private static final int USUAL = 20;

    @Inject
    Callbacks callbacks;

    @Inject
    Queues queues;

    @Inject
    Configuration configuration;

    /** A page as OpenAI writes it; a callback is known by its task's id. */
    public record Page(String object, List<CallbackAnswer> data, String firstId, String lastId, boolean hasMore) {}

    /** How many callbacks are sent again, and whether more of them match. */
    public record Replayed(int replayed, boolean hasMore) {}

    /**
     * Without their delivery logs.
     *
     * @param state pending, delivered or failed
     * @param limit 1 to 100, 20 when absent
     * @param after the task id of the last one of the page before
     */
    @GET
    public Page list(
            @QueryParam("state") String state,
            @QueryParam("queue") String queue,
            @QueryParam("limit") String limit,
            @QueryParam("after") String after,
            @Context SecurityContext security) {
        int most = Texts.limit(limit, USUAL, MOST);
        CallbackFilter filter = filter(given(state).map(CallbackState::of), given(queue), Caller.of(security));
        String last = given(after).map(text -> TaskId.parse(text).text()).orElse(null);
        List<Callback> found = callbacks.list(filter, most + 1, last);
        List<CallbackAnswer> data = found.stream()
                .limit(most)
                .map(callback -> CallbackAnswer.of(callback, queues))
                .toList();
        return new Page(
                "list",
                data,
                data.isEmpty() ? null : data.get(0).taskId(),
                data.isEmpty() ? null : data.get(data.size() - 1).taskId(),
                found.size() > most);
    }

    /** Sends those that were given up, or delivered when it says so, once more. */
    @POST
    @Path("replay")
    public Response replay(JsonBody body, @Context SecurityContext security) {
        ReplayRequest request = ReplayRequest.of(body.bytes(), configuration.jsonDepth());
        CallbackFilter filter = filter(Optional.of(request.state()), request.queue(), Caller.of(security));
        int replayed = callbacks.replay(filter, request.limit());
        return Response.accepted(new Replayed(replayed, replayed == request.limit()))
                .build();
    }

    private CallbackFilter filter(Optional<CallbackState> state, Optional<String> queue, Caller caller) {
        return new CallbackFilter(
                caller.has(Role.ADMIN) ? Optional.empty() : Optional.of(caller.keyId()),
                queue.map(name -> queues.get(new QueueName(name)).number()),
                state);
    }

    private static Optional<String> given(String value) {
        return Optional.ofNullable(value).filter(text -> !text.isBlank());
    }
}
