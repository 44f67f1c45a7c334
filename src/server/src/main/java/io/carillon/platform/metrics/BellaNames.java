package io.carillon.platform.metrics;

import io.micrometer.core.instrument.Tags;

/**
 * What Bella-Queue adds to each of its metrics, so that its dashboards find ours. Contract: bella-queue 18.2.
 *
 * @param profile which installation it is
 */
public record BellaNames(String profile) {
    public static final String APPLICATION = "bella-queue";

    public Tags tags() {
        return Tags.of("application", APPLICATION, "profile", profile);
    }
}
