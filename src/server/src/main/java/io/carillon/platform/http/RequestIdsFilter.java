package io.carillon.platform.http;

import io.carillon.platform.log.Trace;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;

/** Gives every request its ids and every answer the headers that it always has; see {@link AnswerHeaders}. */
@Provider
@PreMatching
@Priority(10)
@Dependent
public class RequestIdsFilter implements ContainerRequestFilter, ContainerResponseFilter {
    /** The request property that holds the {@link RequestIds}. */
    public static final String PROPERTY = RequestIds.class.getName();

    @Override
    public void filter(ContainerRequestContext request) {
        RequestIds ids = RequestIds.of(trace(request));
        request.setProperty(PROPERTY, ids);
        AnswerHeaders.of(request).add(ids::headers);
        Trace.begin(ids.trace());
    }

    private static String trace(ContainerRequestContext request) {
        String trace = request.getHeaderString(RequestIds.TRACE_HEADER);
        return trace == null ? request.getHeaderString(RequestIds.CLIENT_HEADER) : trace;
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        AnswerHeaders always = AnswerHeaders.of(request);
        if (always.isEmpty()) {
            always.add(RequestIds.of(trace(request))::headers);
        }
        MultivaluedMap<String, Object> headers = response.getHeaders();
        always.now().forEach(headers::putSingle);
        if (response.getStatusInfo().getFamily() == Response.Status.Family.SUCCESSFUL
                && !headers.containsKey(HttpHeaders.CACHE_CONTROL)) {
            headers.putSingle(HttpHeaders.CACHE_CONTROL, "no-cache");
        }
    }
}
