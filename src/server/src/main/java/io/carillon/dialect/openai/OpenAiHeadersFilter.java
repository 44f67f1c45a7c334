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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives every answer on OpenAI's paths the headers that OpenAI sends, 404 and 405 too. At level debug it logs under which id
 * a request is answered; the client's own id stands with that line, as with every line that a request makes.
 */
@Provider
@PreMatching
@Priority(30)
@Dependent
public class OpenAiHeadersFilter implements ContainerRequestFilter {
    private static final Logger LOG = LoggerFactory.getLogger(OpenAiHeadersFilter.class);

    @Override
    public void filter(ContainerRequestContext request) {
        if (OpenAiPaths.contains(request.getUriInfo().getPath())
                && request.getProperty(RequestIdsFilter.PROPERTY) instanceof RequestIds ids) {
            OpenAiHeaders.add(AnswerHeaders.of(request), ids, System.nanoTime());
            if (LOG.isDebugEnabled()) {
                String path = request.getUriInfo().getRequestUri().getRawPath();
                LOG.debug("{} {} is answered as {}", request.getMethod(), path, OpenAiHeaders.requestId(ids));
            }
        }
    }
}
