package io.carillon.security;

import io.carillon.platform.error.Refused;
import java.util.List;
import java.util.function.Supplier;

/** Finds out who sends a request, by the API key that comes with it. Safe for many threads. */
public class Authentication {
    private final Keys keys;
    private final boolean inQueryToo;

    /** @param inQueryToo whether a key may come as a query parameter */
    public Authentication(Keys keys, boolean inQueryToo) {
        this.keys = keys;
        this.inQueryToo = inQueryToo;
    }

    /**
     * @param headers what was sent as {@code Authorization}; null or empty when nothing was
     * @param query the query parameters of that name, null when there are none; asked only where configuration lets the key
     *     come there
     * @throws Unauthenticated when there is no key, or an unknown one
     * @throws Refused when the key cannot be looked up now
     */
    public Caller caller(List<String> headers, Supplier<List<String>> query) {
        boolean inQuery = (headers == null || headers.isEmpty()) && inQueryToo;
        String key = BearerKey.in(inQuery ? query.get() : headers);
        return keys.find(key).orElseThrow(() -> Unauthenticated.keyUnknown(key));
    }
}
