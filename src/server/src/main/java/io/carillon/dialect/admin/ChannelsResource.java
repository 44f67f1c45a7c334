package io.carillon.dialect.admin;

import io.carillon.channel.Channels;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;

/**
 * Shows and changes which queue serves a model. Any key may look, an admin may change. The name of a model often has a
 * slash in it, so it is the whole rest of the path, with its slashes encoded or not.
 */
@Path("v1/channels")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class ChannelsResource {
    @Inject
    Channels channels;

    @Inject
    Configuration configuration;

    /** By model, {@code limit} of them, after the model {@code after}. */
    @GET
    public Page<ChannelAnswer> list(@QueryParam("limit") String limit, @QueryParam("after") String after) {
        int most = Page.limit(limit);
        return Page.of(channels.list(most + 1, after), most, ChannelAnswer::of);
    }

    @GET
    @Path("{model: .+}")
    public ChannelAnswer get(@PathParam("model") String model) {
        return ChannelAnswer.of(channels.get(model));
    }

    /** Creates or replaces it. The queue may be registered later. */
    @PUT
    @Path("{model: .+}")
    @AllowedRoles(Role.ADMIN)
    public ChannelAnswer put(@PathParam("model") String model, JsonBody body) {
        ChannelRequest request = ChannelRequest.of(body.bytes(), configuration.jsonDepth());
        return ChannelAnswer.of(channels.put(model, request.endpoint(), request.queue()));
    }

    /** Answers with the channel that is gone. */
    @DELETE
    @Path("{model: .+}")
    @AllowedRoles(Role.ADMIN)
    public ChannelAnswer delete(@PathParam("model") String model) {
        return ChannelAnswer.of(channels.delete(model));
    }
}
