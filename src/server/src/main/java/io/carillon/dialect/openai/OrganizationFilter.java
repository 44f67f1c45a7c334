package io.carillon.dialect.openai;

import io.carillon.platform.http.AnswerHeaders;
import io.carillon.security.Caller;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.ext.Provider;

/** Names the key to whom an answer on OpenAI's paths belongs: a key is a tenant of its own. */
@Provider
@Priority(Priorities.AUTHENTICATION + 1)
@Dependent
public class OrganizationFilter implements ContainerRequestFilter, ContainerResponseFilter {
    private static final String HEADER = "openai-organization";

    @Override
    public void filter(ContainerRequestContext request) {
        if (OpenAiPaths.contains(request.getUriInfo().getPath())
                && request.getSecurityContext().getUserPrincipal() instanceof Caller caller) {
            AnswerHeaders.of(request).add(HEADER, caller.keyId());
        }
    }

    /** For a key whose role was refused, which ends the request before the filter above. */
    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (OpenAiPaths.contains(request.getUriInfo().getPath())
                && request.getSecurityContext() != null
                && request.getSecurityContext().getUserPrincipal() instanceof Caller caller) {
            response.getHeaders().putSingle(HEADER, caller.keyId());
        }
    }
}
