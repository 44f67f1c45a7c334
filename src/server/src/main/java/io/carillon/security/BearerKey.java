package io.carillon.security;

import io.carillon.platform.error.Reason;
import java.util.List;

/** Finds the API key in what a client sent as {@code Authorization}. */
final class BearerKey {
    private static final String SCHEME = "Bearer ";

    private BearerKey() {}

    /**
     * @param values what the client sent under that name, as a rule one; null when there is nothing
     * @return the key, not empty
     * @throws Unauthenticated ({@link Reason#UNAUTHENTICATED}) when there is none
     */
    static String in(List<String> values) {
        if (values == null || values.isEmpty()) {
            throw Unauthenticated.keyMissing();
        }
        String value = values.get(0);
        // Two keys: which of them counts would be a guess.
        if (values.size() > 1 || value == null || !value.startsWith(SCHEME)) {
            throw Unauthenticated.malformed();
        }
        String key = value.substring(SCHEME.length());
        if (key.isEmpty() || key.indexOf(' ') >= 0) {
            throw Unauthenticated.malformed();
        }
        return key;
    }
}
