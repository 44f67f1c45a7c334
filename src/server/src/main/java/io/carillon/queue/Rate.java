package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;

/**
 * How many tasks may be taken in a time.
 *
 * @param limit from 1 to 1,000,000
 * @param per a second or a minute
 */
public record Rate(int limit, Duration per) {
    public static final int MOST = 1_000_000;
    public static final Duration SECOND = Duration.ofSeconds(1);
    public static final Duration MINUTE = Duration.ofMinutes(1);

    /** @throws Refused {@link Reason#INVALID}, naming the culprit */
    public Rate {
        if (limit < 1 || limit > MOST) {
            throw new Refused(Reason.INVALID, "limit must be from 1 to " + MOST, "limit");
        }
        if (!SECOND.equals(per) && !MINUTE.equals(per)) {
            throw new Refused(Reason.INVALID, "per must be second or minute", "per");
        }
    }
}
