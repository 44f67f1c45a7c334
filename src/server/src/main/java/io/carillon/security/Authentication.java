package io.carillon.security;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Refused;
import java.util.List;
import java.util.function.Supplier;

/** Finds out who sends a request, by the API key that comes with it. Safe for many threads. */
public class Authentication {
    private final Keys keys;
    private final Configuration configuration;

    public Authentication(Keys keys, Configuration configuration) {
        this.keys = keys;
        this.configuration = configuration;
    }

    /**
     * @param headers what was sent as {@code Authorization}; null or empty when nothing was
     * @param query the query parameters of that name, null when there are none; asked only where configuration lets the key
     *     come there
     * @throws Unauthenticated when there is no key, or an unknown one
     * @throws Refused when the key cannot be looked up now
     */
    public Caller caller(List<String> headers, Supplier<List<String>> query) {
        boolean inQuery = (headers == null || headers.isEmpty()) && configuration.authQuery();
        String key = BearerKey.in(inQuery ? query.get() : headers);
        return keys.find(key).orElseThrow(() -> Unauthenticated.keyUnknown(key));
    }
}
