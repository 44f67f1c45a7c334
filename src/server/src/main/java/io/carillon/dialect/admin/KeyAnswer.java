package io.carillon.dialect.admin;

import io.carillon.security.ApiKey;
import io.carillon.security.IssuedKey;
import io.carillon.security.Role;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An API key on the wire.
 *
 * @param key the key itself, only in the answer that issues it
 * @param queues empty means all
 * @param quotas those that are its own; the configuration's usual holds for others
 * @param createdAt ISO-8601 in UTC, as the other instants; those that are null are left out
 */
public record KeyAnswer(
        String id,
        String key,
        String name,
        List<String> roles,
        List<String> queues,
        Map<String, Long> quotas,
        String createdAt,
        String expiresAt,
        String revokedAt,
        String lastUsedAt) {

    static KeyAnswer of(ApiKey key) {
        return of(key, null);
    }

    static KeyAnswer of(IssuedKey issued) {
        return of(issued.key(), issued.text());
    }

    private static KeyAnswer of(ApiKey key, String text) {
        return new KeyAnswer(
                key.id(),
                text,
                key.name(),
                key.roles().stream().map(Role::text).toList(),
                key.queues().patterns(),
                quotas(key),
                key.created().toString(),
                key.expires().map(Instant::toString).orElse(null),
                key.revoked().map(Instant::toString).orElse(null),
                key.lastUsed().map(Instant::toString).orElse(null));
    }

    private static Map<String, Long> quotas(ApiKey key) {
        Map<String, Long> quotas = new TreeMap<>();
        key.limits().values().forEach((quota, limit) -> quotas.put(quota.text(), limit));
        return quotas;
    }

    /** Without the key: a log must not learn it. */
    @Override
    public String toString() {
        return "KeyAnswer[" + id + "]";
    }
}
