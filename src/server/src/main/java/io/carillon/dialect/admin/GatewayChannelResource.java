package io.carillon.dialect.admin;

import io.carillon.channel.Channels;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Creates a channel as Bella's gateway does, so that a script which registers models there works here. */
@Path("console/metadata/channel")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.ADMIN)
public class GatewayChannelResource {
    @Inject
    Channels channels;

    @Inject
    Configuration configuration;

    @POST
    public GatewayChannelAnswer create(JsonBody body) {
        GatewayChannelRequest request = GatewayChannelRequest.of(body.bytes(), configuration.jsonDepth());
        return GatewayChannelAnswer.of(request, channels.put(request.model(), request.endpoint(), request.queue()));
    }
}
