package io.carillon.dialect.admin;

import io.carillon.callback.CallbackSecrets;
import io.carillon.callback.SecretOwner;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
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
import jakarta.ws.rs.core.UriInfo;

/** With what the callbacks of a queue's tasks are signed, instead of with the secrets of the keys that put them. */
@Path("v1/queues/{queue}/callback-secrets")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.ADMIN)
public class QueueSecretsResource {
    @Inject
    CallbackSecrets secrets;

    @Inject
    Queues queues;

    @Inject
    Configuration configuration;

    /** Answers with the secret itself, for the only time. */
    @POST
    public Response rotate(@PathParam("queue") String queue, JsonBody body, @Context UriInfo uri) {
        SecretOwner owner = owner(queue);
        CallbackSecretRequest request = CallbackSecretRequest.of(body.bytes(), configuration.jsonDepth());
        CallbackSecretAnswer secret = CallbackSecretAnswer.of(secrets.rotate(owner, request.grace()));
        return Response.created(uri.getAbsolutePathBuilder().path(secret.id()).build())
                .entity(secret)
                .build();
    }

    /** Those that sign now, newest first, without the secrets themselves. */
    @GET
    public Page<CallbackSecretAnswer> list(@PathParam("queue") String queue) {
        return Page.of(secrets.list(owner(queue)), Integer.MAX_VALUE, CallbackSecretAnswer::of);
    }

    /** Answers with the secret that is gone, without the secret itself. */
    @DELETE
    @Path("{secret_id}")
    public CallbackSecretAnswer delete(@PathParam("queue") String queue, @PathParam("secret_id") String secret) {
        return CallbackSecretAnswer.of(secrets.delete(owner(queue), CallbackSecretAnswer.number(secret)));
    }

    private SecretOwner owner(String queue) {
        return SecretOwner.ofQueue(queues.get(new QueueName(queue)).number());
    }
}
