package io.carillon.dialect.admin;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.QueueSettings;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Purges;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Controls queues. What is changed holds for every instance when it is answered, or within a second. */
@Path("v1/queues")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.ADMIN)
public class QueueControlResource {
    /** Well below what a client or a proxy waits for an answer. */
    private static final Duration PURGE_PATIENCE = Duration.ofSeconds(20);

    @Inject
    Queues queues;

    @Inject
    Purges purges;

    @Inject
    Configuration configuration;

    @Inject
    ExecutorService executor;

    /** Changes what the body names and leaves the rest. */
    @PATCH
    @Path("{queue}")
    public CompletionStage<QueueControlAnswer> change(
            @PathParam("queue") String name, JsonBody body, @Context SecurityContext security) {
        return change(name, security, SettingsRequest.of(body.bytes(), configuration.jsonDepth()));
    }

    /** From now on workers get nothing of it; what they have goes on. Puts are accepted. */
    @POST
    @Path("{queue}/pause")
    public CompletionStage<QueueControlAnswer> pause(
            @PathParam("queue") String name, @Context SecurityContext security) {
        return change(name, security, settings -> settings.but().paused(true).settings());
    }

    /** Ends pausing and draining. */
    @POST
    @Path("{queue}/resume")
    public CompletionStage<QueueControlAnswer> resume(
            @PathParam("queue") String name, @Context SecurityContext security) {
        return change(
                name,
                security,
                settings -> settings.but().paused(false).draining(false).settings());
    }

    /** From now on puts are refused; what is there is still taken, unless the queue is paused too. */
    @POST
    @Path("{queue}/drain")
    public CompletionStage<QueueControlAnswer> drain(
            @PathParam("queue") String name, @Context SecurityContext security) {
        return change(name, security, settings -> settings.but().draining(true).settings());
    }

    private CompletionStage<QueueControlAnswer> change(
            String name, SecurityContext security, UnaryOperator<QueueSettings> change) {
        return Stages.on(
                        executor,
                        queues.change(
                                new QueueName(name), change, Caller.of(security).keyId()))
                .thenApply(QueueControlAnswer::of);
    }

    /**
     * Cancels what waits now. With 202 it is not through yet, and goes on by itself; the same request waits for it again.
     *
     * @param levels which; every one when there is none
     */
    @POST
    @Path("{queue}/purge")
    public CompletionStage<Response> purge(@PathParam("queue") String name, @QueryParam("level") List<String> levels) {
        List<Level> wanted = levels(levels);
        Queue queue = queues.get(new QueueName(name));
        return Stages.on(executor, purges.purge(queue, wanted, PURGE_PATIENCE))
                .thenApply(progress -> Response.status(progress.done() ? Response.Status.OK : Response.Status.ACCEPTED)
                        .entity(PurgeAnswer.of(queue, progress))
                        .build());
    }

    /** Each may be one level, or several with commas. */
    private static List<Level> levels(List<String> texts) {
        if (texts.isEmpty()) {
            return IntStream.rangeClosed(0, Level.LOWEST).mapToObj(Level::new).toList();
        }
        return texts.stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .map(QueueControlResource::level)
                .distinct()
                .sorted()
                .toList();
    }

    private static Level level(String text) {
        if (!text.matches("[0-9]")) {
            throw new Refused(Reason.INVALID, "level must be from 0 to " + Level.LOWEST, "level");
        }
        return new Level(text.charAt(0) - '0');
    }
}
