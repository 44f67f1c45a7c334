package io.carillon.dialect.admin;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.quota.Limits;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Keys;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;

/** Issues, shows, changes and revokes API keys. */
@Path("v1/keys")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.ADMIN)
public class KeysResource {
    @Inject
    Keys keys;

    @Inject
    Configuration configuration;

    /** Answers with the key itself, for the only time. */
    @POST
    public Response create(JsonBody body, @Context UriInfo uri) {
        KeyRequest request = KeyRequest.of(body.bytes(), configuration.jsonDepth(), Instant.now());
        KeyAnswer key = KeyAnswer.of(keys.create(
                request.name(),
                request.roles(),
                request.queues(),
                request.quotas().apply(Limits.NONE),
                request.expires()));
        return Response.created(uri.getAbsolutePathBuilder().path(key.id()).build())
                .entity(key)
                .build();
    }

    /** Oldest first, {@code limit} of them, after the key with the id {@code after}. */
    @GET
    public Page<KeyAnswer> list(@QueryParam("limit") String limit, @QueryParam("after") String after) {
        int most = Page.limit(limit);
        return Page.of(keys.list(most + 1, after), most, KeyAnswer::of);
    }

    @GET
    @Path("{id}")
    public KeyAnswer get(@PathParam("id") String id) {
        return KeyAnswer.of(keys.get(id));
    }

    /** Changes its quotas. */
    @PATCH
    @Path("{id}")
    public KeyAnswer change(@PathParam("id") String id, JsonBody body) {
        return KeyAnswer.of(keys.limit(id, QuotasRequest.of(body.bytes(), configuration.jsonDepth())::apply));
    }

    /** Revokes it; the answer is the same the second time. */
    @DELETE
    @Path("{id}")
    public KeyAnswer revoke(@PathParam("id") String id) {
        return KeyAnswer.of(keys.revoke(id));
    }
}
