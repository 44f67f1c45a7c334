package io.carillon.dialect.admin;

import io.carillon.queue.Backoff;
import io.carillon.queue.QueueSettings;
import io.carillon.queue.Rate;
import java.time.Duration;
import java.util.Locale;

/**
 * The settings of a queue on the wire, in the names in which they are changed. What has no limit or is left to the server
 * is left out.
 *
 * @param leaseSeconds null for the server's default by kind of worker
 */
public record SettingsAnswer(
        boolean paused,
        boolean draining,
        boolean sequential,
        Long leaseSeconds,
        int maxLostLeases,
        int maxAttempts,
        BackoffAnswer backoff,
        Integer concurrency,
        RateAnswer rateLimit,
        Integer groupConcurrency,
        RateAnswer groupRateLimit,
        Long retentionSeconds,
        String onDisconnect) {

    /** @param type {@code fixed} or {@code exponential} */
    public record BackoffAnswer(String type, long delayMs, long maxMs, double jitter) {
        static BackoffAnswer of(Backoff backoff) {
            return new BackoffAnswer(
                    word(backoff.type()),
                    backoff.delay().toMillis(),
                    backoff.max().toMillis(),
                    backoff.jitter());
        }
    }

    /** @param per {@code second} or {@code minute} */
    public record RateAnswer(int limit, String per) {
        static RateAnswer of(Rate rate) {
            return rate == null
                    ? null
                    : new RateAnswer(rate.limit(), rate.per().equals(Rate.SECOND) ? "second" : "minute");
        }
    }

    public static SettingsAnswer of(QueueSettings settings) {
        return new SettingsAnswer(
                settings.paused(),
                settings.draining(),
                settings.sequential(),
                seconds(settings.lease()),
                settings.maxLostLeases(),
                settings.maxAttempts(),
                BackoffAnswer.of(settings.backoff()),
                settings.concurrency(),
                RateAnswer.of(settings.rate()),
                settings.groupConcurrency(),
                RateAnswer.of(settings.groupRate()),
                seconds(settings.retention()),
                word(settings.onDisconnect()));
    }

    private static Long seconds(Duration duration) {
        return duration == null ? null : duration.toSeconds();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
