package io.carillon.dialect.admin;

import io.carillon.callback.CallbackSecrets;
import io.carillon.callback.SecretOwner;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Keys;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.UriInfo;

/** With what the callbacks of a key's tasks are signed. A producer may exchange its own key's secrets, an admin anybody's. */
@Path("v1/keys/{id}/callback-secrets")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.PRODUCER)
public class KeySecretsResource {
    @Inject
    CallbackSecrets secrets;

    @Inject
    Keys keys;

    @Inject
    Configuration configuration;

    /** Answers with the secret itself, for the only time. */
    @POST
    public Response rotate(
            @PathParam("id") String id, JsonBody body, @Context SecurityContext security, @Context UriInfo uri) {
        SecretOwner owner = owner(id, security);
        CallbackSecretRequest request = CallbackSecretRequest.of(body.bytes(), configuration.jsonDepth());
        CallbackSecretAnswer secret = CallbackSecretAnswer.of(secrets.rotate(owner, request.grace()));
        return Response.created(uri.getAbsolutePathBuilder().path(secret.id()).build())
                .entity(secret)
                .build();
    }

    /** Those that sign now, newest first, without the secrets themselves. */
    @GET
    public Page<CallbackSecretAnswer> list(@PathParam("id") String id, @Context SecurityContext security) {
        return Page.of(secrets.list(owner(id, security)), Integer.MAX_VALUE, CallbackSecretAnswer::of);
    }

    /** Answers with the secret that is gone, without the secret itself. */
    @DELETE
    @Path("{secret_id}")
    public CallbackSecretAnswer delete(
            @PathParam("id") String id, @PathParam("secret_id") String secret, @Context SecurityContext security) {
        return CallbackSecretAnswer.of(secrets.delete(owner(id, security), CallbackSecretAnswer.number(secret)));
    }

    private SecretOwner owner(String id, SecurityContext security) {
        Caller caller = Caller.of(security);
        if (!caller.owns(id)) {
            throw new Refused(Reason.UNKNOWN, "There is no key '" + id + "'", "id");
        }
        if (!id.equals(caller.keyId()) && !id.equals(Keys.ADMIN_KEY_ID)) {
            keys.get(id);
        }
        return SecretOwner.ofKey(id);
    }
}
