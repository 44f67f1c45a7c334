package io.carillon.platform.metrics;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;

/** Tells {@link HttpRequests} of every request. Before all other filters, so that refused ones are counted too. */
@Provider
@ApplicationScoped
@Priority(0)
public class HttpMetricsFilter implements ContainerRequestFilter, ContainerResponseFilter {
    private static final String SEEN = HttpMetricsFilter.class.getName();

    private record Seen(String template, long since) {}

    private final PathTemplates templates = new PathTemplates();

    @Inject
    HttpRequests requests;

    @Context
    private ResourceInfo target;

    @Override
    public void filter(ContainerRequestContext request) {
        String template = templates.of(target.getResourceClass(), target.getResourceMethod());
        request.setProperty(SEEN, new Seen(template, System.nanoTime()));
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        // A path without a resource never came by the filter above; it costs nothing either.
        Seen seen = request.getProperty(SEEN) instanceof Seen known
                ? known
                : new Seen(HttpRequests.NO_RESOURCE, System.nanoTime());
        Duration took = Duration.ofNanos(System.nanoTime() - seen.since());
        requests.record(request.getMethod(), seen.template(), response.getStatus(), took);
    }
}
