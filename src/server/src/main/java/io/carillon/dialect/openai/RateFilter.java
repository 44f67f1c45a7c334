package io.carillon.dialect.openai;

import io.carillon.platform.http.AnswerHeaders;
import io.carillon.quota.QuotaReached;
import io.carillon.quota.Quotas;
import io.carillon.quota.Rate;
import io.carillon.security.Caller;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts each request on OpenAI's paths against its key's requests per minute, and says in the answer how that stands
 * (contract 1.1). Tokens are not limited, which the twins of those headers say as well as they can.
 */
@Provider
@ApplicationScoped
@Priority(Priorities.AUTHENTICATION + 2)
public class RateFilter implements ContainerRequestFilter {
    private static final String NO_LIMIT = Integer.toString(Integer.MAX_VALUE);

    @Inject
    Quotas quotas;

    /** @throws QuotaReached when the key has sent too many */
    @Override
    public void filter(ContainerRequestContext request) {
        if (!OpenAiPaths.contains(request.getUriInfo().getPath())
                || !(request.getSecurityContext().getUserPrincipal() instanceof Caller caller)) {
            return;
        }
        Rate rate = quotas.request(caller.keyId(), caller.limits()).orElse(null);
        if (rate == null) {
            return;
        }
        Map<String, String> headers = headers(rate);
        AnswerHeaders.of(request).add(() -> headers);
        if (rate.refused()) {
            throw QuotaReached.rate(rate);
        }
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
