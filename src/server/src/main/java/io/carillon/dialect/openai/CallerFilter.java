package io.carillon.dialect.openai;

import io.carillon.platform.error.Refused;
import io.carillon.platform.http.AnswerHeaders;
import io.carillon.quota.QuotaReached;
import io.carillon.quota.Quotas;
import io.carillon.quota.Rate;
import io.carillon.security.Authentication;
import io.carillon.security.Caller;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Counts each request on OpenAI's paths against its key's requests per minute, and says in the answer whose key it was, for a
 * key is a tenant of its own, and how its rate stands (contract 1.1). Tokens are not limited, which the twins of those headers
 * say as well as they can.
 */
@Provider
@ApplicationScoped
@Priority(Priorities.AUTHENTICATION + 1)
public class CallerFilter implements ContainerRequestFilter, ContainerResponseFilter {
    private static final String ORGANIZATION = "openai-organization";
    private static final String DONE = CallerFilter.class.getName();
    private static final String NO_LIMIT = Integer.toString(Integer.MAX_VALUE);
    /** So JAX-RS answers what no method serves, before anybody has looked at the key. */
    private static final Set<Integer> UNSERVED = Set.of(404, 405, 406, 415);

    @Inject
    Quotas quotas;

    @Inject
    Authentication authentication;

    /** @throws QuotaReached when the key has sent too many */
    @Override
    public void filter(ContainerRequestContext request) {
        if (OpenAiPaths.contains(request.getUriInfo().getPath())) {
            Optional<Rate> rate = caller(request).flatMap(caller -> count(request, caller));
            if (rate.isPresent() && rate.get().refused()) {
                throw QuotaReached.rate(rate.get());
            }
        }
    }

    /** For what ends before the filter above: a path or method that is not served, and a role that may not. */
    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (OpenAiPaths.contains(request.getUriInfo().getPath()) && request.getProperty(DONE) == null) {
            caller(request)
                    .or(() -> UNSERVED.contains(response.getStatus()) ? unasked(request) : Optional.empty())
                    .ifPresent(caller -> count(request, caller));
        }
    }

    private static Optional<Caller> caller(ContainerRequestContext request) {
        return request.getSecurityContext() != null
                        && request.getSecurityContext().getUserPrincipal() instanceof Caller caller
                ? Optional.of(caller)
                : Optional.empty();
    }

    /** The owner of the key of a request for which nobody needs one; empty without a good key. */
    private Optional<Caller> unasked(ContainerRequestContext request) {
        try {
            return Optional.of(authentication.caller(
                    request.getHeaders().get(HttpHeaders.AUTHORIZATION),
                    () -> request.getUriInfo().getQueryParameters().get(HttpHeaders.AUTHORIZATION)));
        } catch (Refused refused) {
            return Optional.empty();
        }
    }

    private Optional<Rate> count(ContainerRequestContext request, Caller caller) {
        request.setProperty(DONE, true);
        AnswerHeaders headers = AnswerHeaders.of(request).add(ORGANIZATION, caller.keyId());
        Optional<Rate> rate = quotas.request(caller.keyId(), caller.limits());
        rate.map(CallerFilter::headers).ifPresent(ofRate -> headers.add(() -> ofRate));
        return rate;
    }

    private static Map<String, String> headers(Rate rate) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("x-ratelimit-limit-requests", Long.toString(rate.limit()));
        headers.put("x-ratelimit-remaining-requests", Long.toString(rate.remaining()));
        headers.put("x-ratelimit-reset-requests", duration(rate.reset()));
        headers.put("x-ratelimit-limit-tokens", NO_LIMIT);
        headers.put("x-ratelimit-remaining-tokens", NO_LIMIT);
        headers.put("x-ratelimit-reset-tokens", "0s");
        return headers;
    }

    /** As OpenAI writes it: {@code 120ms}, {@code 8.64s}, {@code 6m0s}. */
    static String duration(Duration duration) {
        long millis = duration.toMillis();
        if (millis > 0 && millis < 1000) {
            return millis + "ms";
        }
        String fraction = String.format(".%03d", millis % 1000).replaceAll("\\.?0+$", "");
        long minutes = millis / 60_000;
        return (minutes == 0 ? "" : minutes + "m") + millis / 1000 % 60 + fraction + "s";
    }
}
