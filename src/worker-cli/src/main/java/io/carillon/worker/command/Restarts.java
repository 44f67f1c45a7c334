package io.carillon.worker.command;

import java.time.Duration;
import java.util.Optional;

/** When a child that died is started again, and when it is given up. Contract: runqy 4.1. Not safe for many threads. */
final class Restarts {
    /**
     * @param enabled whether it is started again at all
     * @param deaths after how many in a row it is given up; at least 1
     * @param first the pause after the first death
     * @param longest the longest pause
     * @param factor by which each pause is longer than the one before; at least 1
     * @param cooldown how long it must have run for its deaths to be forgotten
     */
    record Policy(boolean enabled, int deaths, Duration first, Duration longest, double factor, Duration cooldown) {
        Policy {
            if (deaths < 1) {
                throw new IllegalArgumentException("A child is given up after 1 death or more");
            }
            if (!(factor >= 1) || Double.isInfinite(factor)) {
                throw new IllegalArgumentException("Pauses grow by a factor of 1 or more");
            }
        }
    }

    private final Policy policy;
    private int deaths;
    private Duration ran = Duration.ZERO;

    Restarts(Policy policy) {
        this.policy = policy;
    }

    /** It was killed because a task took too long, which is not its death. */
    void killed(Duration lived) {
        ran = ran.plus(lived);
    }

    /** It died. Says how long to wait before it is started again; empty when it is given up. */
    Optional<Duration> died(Duration lived) {
        deaths = ran.plus(lived).compareTo(policy.cooldown()) > 0 ? 1 : deaths + 1;
        ran = Duration.ZERO;
        if (!policy.enabled() || deaths >= policy.deaths()) {
            return Optional.empty();
        }
        double millis = policy.first().toMillis() * Math.pow(policy.factor(), deaths - 1.0);
        return Optional.of(
                Duration.ofMillis((long) Math.min(millis, policy.longest().toMillis())));
    }

    int inARow() {
        return deaths;
    }
}
