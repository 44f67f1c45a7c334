package io.carillon.dialect.admin;

import io.carillon.security.AllowedRoles;
import io.carillon.security.Role;
import io.carillon.worker.Workers;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;

/** Shows the workers that have sent heartbeats within the last week, and lets them finish. */
@Path("v1/workers")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.ADMIN)
public class WorkersResource {
    @Inject
    Workers workers;

    /** By id, {@code limit} of them, after the worker with the id {@code after}. */
    @GET
    public Page<WorkerAnswer> list(@QueryParam("limit") String limit, @QueryParam("after") String after) {
        int most = Page.limit(limit);
        return Page.of(workers.list(most + 1, after), most, WorkerAnswer::of);
    }

    @GET
    @Path("{id}")
    public WorkerAnswer get(@PathParam("id") String id) {
        return WorkerAnswer.of(workers.get(id));
    }

    /** What it has done since it started, by its own count. */
    @GET
    @Path("{id}/stats")
    public WorkerAnswer.Stats stats(@PathParam("id") String id) {
        return WorkerAnswer.Stats.of(workers.get(id));
    }

    /** The answer to its next heartbeat tells it to finish what it has and to take no more. */
    @POST
    @Path("{id}/drain")
    public WorkerAnswer drain(@PathParam("id") String id) {
        return WorkerAnswer.of(workers.drain(id));
    }
}
