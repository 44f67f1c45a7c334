package io.carillon.dialect.openai;

import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.RequestIds;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;

/**
 * OpenAI's online endpoints, and those that the configuration adds. What they produce is not declared: a client of a stream
 * accepts events only, and must still be told in JSON what is wrong.
 */
@Path("v1")
@ApplicationScoped
public class OnlineResource {
    @Inject
    OnlineCalls calls;

    @Inject
    OnlinePaths paths;

    @POST
    @Path("chat/completions")
    @AllowedRoles(Role.PRODUCER)
    public void chat(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        answer(OnlinePaths.CHAT, body, security, http, response);
    }

    @POST
    @Path("completions")
    @AllowedRoles(Role.PRODUCER)
    public void completions(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        answer(OnlinePaths.COMPLETIONS, body, security, http, response);
    }

    @POST
    @Path("embeddings")
    @AllowedRoles(Role.PRODUCER)
    public void embeddings(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        answer(OnlinePaths.EMBEDDINGS, body, security, http, response);
    }

    @POST
    @Path("responses")
    @AllowedRoles(Role.PRODUCER)
    public void responses(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        answer(OnlinePaths.RESPONSES, body, security, http, response);
    }

    @POST
    @Path("moderations")
    @AllowedRoles(Role.PRODUCER)
    public void moderations(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        answer(OnlinePaths.MODERATIONS, body, security, http, response);
    }

    @POST
    @Path("images/generations")
    @AllowedRoles(Role.PRODUCER)
    public void images(
            JsonBody body,
            @Context SecurityContext security,
            @Context HttpServletRequest http,
            @Suspended AsyncResponse response)
            throws IOException {
        answer(OnlinePaths.IMAGES, body, security, http, response);
    }

    /** The paths of the configuration; any other is unknown, whoever asks. */
    @Path("{path: .+}")
    public Configured configured(@PathParam("path") String path) {
        String whole = "/v1/" + path;
        if (!paths.isConfigured(whole)) {
            throw new NotFoundException();
        }
        return new Configured(this, whole);
    }

    /** One path of the configuration. */
    public static class Configured {
        private final OnlineResource online;
        private final String path;

        Configured(OnlineResource online, String path) {
            this.online = online;
            this.path = path;
        }

        @POST
        @AllowedRoles(Role.PRODUCER)
        public void post(
                JsonBody body,
                @Context SecurityContext security,
                @Context HttpServletRequest http,
                @Suspended AsyncResponse response)
                throws IOException {
            online.answer(path, body, security, http, response);
        }
    }

    void answer(String path, JsonBody body, SecurityContext security, HttpServletRequest http, AsyncResponse response)
            throws IOException {
        calls.answer(path, body, Caller.of(security), RequestIds.sent(http), http, response);
    }
}
