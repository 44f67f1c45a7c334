package io.carillon.quota;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;

/** A request that would take a key over one of its quotas. Nothing was counted. */
public class QuotaReached extends Refused {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration LATER = Duration.ofSeconds(30);

    private final Quota quota;

    private QuotaReached(Quota quota, Reason reason, String message, Duration retryAfter, String code) {
        super(reason, message, null, retryAfter, code);
        this.quota = quota;
    }

    /** Stored bytes do not get fewer by waiting, so that is no matter of trying again. */
    static QuotaReached of(Quota quota, long limit) {
        return switch (quota) {
            case STORED_BYTES ->
                new QuotaReached(
                        quota,
                        Reason.INVALID,
                        "The files of this key would be over its limit of " + limit + " stored bytes; delete some",
                        null,
                        "storage_quota_exceeded");
            case LIVE_BATCHES ->
                full(quota, "This key has as many live batches as it may have: " + limit + "; wait for one", LATER);
            case QUEUED_REQUESTS ->
                full(quota, "This key may have " + limit + " queued requests; try again when some are done", SOON);
            case REQUESTS_PER_MINUTE -> throw new IllegalArgumentException("A rate says more than its limit");
        };
    }

    /** That a request was one too many. */
    public static QuotaReached rate(Rate rate) {
        return full(
                Quota.REQUESTS_PER_MINUTE,
                "Rate limit reached: this key may send " + rate.limit() + " requests per minute; try again in "
                        + rate.untilOne().toMillis() + " ms",
                rate.untilOne());
    }

    private static QuotaReached full(Quota quota, String message, Duration wait) {
        return new QuotaReached(quota, Reason.FULL, message, wait, "rate_limit_exceeded");
    }

    public Quota quota() {
        return quota;
    }
}
