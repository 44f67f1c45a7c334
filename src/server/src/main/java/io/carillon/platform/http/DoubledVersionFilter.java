package io.carillon.platform.http;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;

/**
 * Takes {@code /v1/v1/...} for {@code /v1/...}: older Bella-Queue SDKs add {@code v1} to a base address that ends in it
 * already.
 */
@Provider
@PreMatching
@Priority(20)
@Dependent
public class DoubledVersionFilter implements ContainerRequestFilter {
    private static final String DOUBLED = "/v1/v1/";

    @Override
    public void filter(ContainerRequestContext request) {
        URI asked = request.getUriInfo().getRequestUri();
        if (asked.getRawPath().startsWith(DOUBLED)) {
            request.setRequestUri(once(asked));
        }
    }

    /** The same address with {@code v1} once; whatever is percent-encoded stays so. */
    static URI once(URI doubled) {
        String text = doubled.toString();
        int at = text.indexOf(DOUBLED, text.indexOf(doubled.getRawPath()));
        return URI.create(text.substring(0, at) + text.substring(at + "/v1".length()));
    }
}
