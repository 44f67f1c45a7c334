package io.carillon.quota;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How much somebody may use.
 *
 * @param values of those quotas about which something is said; {@link #UNLIMITED} for no limit
 */
public record Limits(Map<Quota, Long> values) {
    public static final long UNLIMITED = -1;

    /** Says nothing. */
    public static final Limits NONE = new Limits(Map.of());

    public Limits {
        values = Map.copyOf(values);
    }

    /** The same, but for one quota. @param value null to say nothing about it */
    public Limits with(Quota quota, Long value) {
        Map<Quota, Long> changed = new EnumMap<>(Quota.class);
        changed.putAll(values);
        if (value == null) {
            changed.remove(quota);
        } else {
            changed.put(quota, value);
        }
        return new Limits(changed);
    }

    /** What is said about a quota, or null. */
    public Long said(Quota quota) {
        return values.get(quota);
    }

    /** The limit of a quota, where {@code usual} holds if nothing is said here; empty when there is none. */
    OptionalLong of(Quota quota, Limits usual) {
        Long value = values.getOrDefault(quota, usual.values.get(quota));
        return value == null || value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
