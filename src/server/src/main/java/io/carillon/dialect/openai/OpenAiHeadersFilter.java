package io.carillon.dialect.openai;

import io.carillon.platform.http.AnswerHeaders;
import io.carillon.platform.http.RequestIds;
import io.carillon.platform.http.RequestIdsFilter;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;

/** Gives every answer on OpenAI's paths the headers that OpenAI sends, 404 and 405 too. */
@Provider
@PreMatching
@Priority(30)
@Dependent
public class OpenAiHeadersFilter implements ContainerRequestFilter {

    @Override
    public void filter(ContainerRequestContext request) {
        if (OpenAiPaths.contains(request.getUriInfo().getPath())
                && request.getProperty(RequestIdsFilter.PROPERTY) instanceof RequestIds ids) {
            OpenAiHeaders.add(AnswerHeaders.of(request), ids, System.nanoTime());
        }
    }
}
