package io.carillon.security;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Refused;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets nobody reach a resource method without a good API key and a role that the method allows (see {@link Access}; a
 * method that says nothing wants a key), and makes the {@link Caller} known. It runs before the body is read. A path
 * that no method serves is answered 404 by JAX-RS without coming here.
 */
@Provider
@ApplicationScoped
@Priority(Priorities.AUTHENTICATION)
public class AuthenticationFilter implements ContainerRequestFilter {
    /** A resource method as a request meets it. */
    private record Target(Class<?> resource, Method method) {}

    private final ConcurrentHashMap<Target, Access> accesses = new ConcurrentHashMap<>();

    @Context
    private ResourceInfo target;

    @Inject
    Keys keys;

    @Inject
    Configuration configuration;

    /** @throws Refused when the request may not go on; the dialect's mapper answers it */
    @Override
    public void filter(ContainerRequestContext request) {
        Access access = accesses.computeIfAbsent(
                new Target(target.getResourceClass(), target.getResourceMethod()),
                met -> Access.of(met.resource(), met.method()));
        if (access.open()) {
            return;
        }
        String key = key(request);
        Caller caller = keys.find(key).orElseThrow(() -> Unauthenticated.keyUnknown(key));
        request.setSecurityContext(
                new CallerContext(caller, request.getSecurityContext().isSecure()));
        access.check(caller);
    }

    private String key(ContainerRequestContext request) {
        List<String> values = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
        if (values == null && configuration.authQuery()) {
            values = request.getUriInfo().getQueryParameters().get(HttpHeaders.AUTHORIZATION);
        }
        return BearerKey.in(values);
    }
}
