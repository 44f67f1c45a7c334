package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;

/**
 * What an operator says about a queue. All of it holds for every level of the queue, and a take or put may be stricter or
 * more generous where it says so.
 *
 * @param paused whether nothing is given to workers
 * @param draining whether no new tasks are accepted; what is there is still taken
 * @param sequential whether one task of a level runs at a time
 * @param lease how long a worker has for a task, from 1 s to 30 days; null for the server's default by kind of worker
 * @param maxLostLeases how many leases a task may lose before it is given up; -1 without limit
 * @param maxAttempts how many attempts a task has before it is given up, from 1; -1 without limit
 * @param backoff how long a task rests after a failed attempt
 * @param concurrency how many tasks may run at once, from 1; null without limit
 * @param rate how many tasks may be taken in a time; null without limit
 * @param groupConcurrency the same for each group of tasks
 * @param groupRate the same for each group of tasks
 * @param retention how long ended tasks can be read, from 1 minute to 10 years; null for the server's default
 * @param onDisconnect what becomes of a task whose waiting caller hangs up
 */
public record QueueSettings(
        boolean paused,
        boolean draining,
        boolean sequential,
        Duration lease,
        int maxLostLeases,
        int maxAttempts,
        Backoff backoff,
        Integer concurrency,
        Rate rate,
        Integer groupConcurrency,
        Rate groupRate,
        Duration retention,
        OnDisconnect onDisconnect) {
    public static final int UNLIMITED = -1;
    /** How large a count may be. */
    public static final int MOST = 1_000_000;

    public static final Duration LONGEST_LEASE = Duration.ofDays(30);
    public static final Duration LONGEST_RETENTION = Duration.ofDays(3650);
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(1);
    private static final Duration SHORTEST_RETENTION = Duration.ofMinutes(1);

    /** What a queue has that nobody has said anything about. */
    public static final QueueSettings DEFAULT = new QueueSettings(
            false, false, false, null, 5, 3, Backoff.USUAL, null, null, null, null, null, OnDisconnect.CANCEL);

    /** @throws Refused {@link Reason#INVALID}, naming the culprit */
    public QueueSettings {
        between("lease_seconds", lease, SHORTEST_LEASE, LONGEST_LEASE);
        between("max_lost_leases", maxLostLeases, UNLIMITED);
        between("max_attempts", maxAttempts, UNLIMITED);
        if (maxAttempts == 0) {
            throw invalid(
                    "max_attempts must be -1, or from 1 to " + MOST + ": a task needs an attempt", "max_attempts");
        }
        between("concurrency", concurrency, 1);
        between("group_concurrency", groupConcurrency, 1);
        between("retention_seconds", retention, SHORTEST_RETENTION, LONGEST_RETENTION);
        if (backoff == null) {
            throw invalid("backoff cannot be null", "backoff");
        }
        if (onDisconnect == null) {
            throw invalid("on_disconnect must be cancel or finish", "on_disconnect");
        }
    }

    private static void between(String field, Duration value, Duration least, Duration most) {
        if (value != null && (value.compareTo(least) < 0 || value.compareTo(most) > 0)) {
            throw invalid(field + " must be from " + least.toSeconds() + " to " + most.toSeconds(), field);
        }
    }

    private static void between(String field, Integer value, int least) {
        if (value != null && (value < least || value > MOST)) {
            throw invalid(field + " must be from " + least + " to " + MOST, field);
        }
    }

    private static Refused invalid(String message, String field) {
        return new Refused(Reason.INVALID, message, field);
    }

    /** The same settings, to be changed. */
    public Draft but() {
        return new Draft(this);
    }

    /** Settings that are being changed; nothing is checked before {@link #settings()}. For one thread. */
    public static final class Draft {
        private boolean paused;
        private boolean draining;
        private boolean sequential;
        private Duration lease;
        private int maxLostLeases;
        private int maxAttempts;
        private Backoff backoff;
        private Integer concurrency;
        private Rate rate;
        private Integer groupConcurrency;
        private Rate groupRate;
        private Duration retention;
        private OnDisconnect onDisconnect;

        private Draft(QueueSettings from) {
            paused = from.paused;
            draining = from.draining;
            sequential = from.sequential;
            lease = from.lease;
            maxLostLeases = from.maxLostLeases;
            maxAttempts = from.maxAttempts;
            backoff = from.backoff;
            concurrency = from.concurrency;
            rate = from.rate;
            groupConcurrency = from.groupConcurrency;
            groupRate = from.groupRate;
            retention = from.retention;
            onDisconnect = from.onDisconnect;
        }

        public Draft paused(boolean value) {
            paused = value;
            return this;
        }

        public Draft draining(boolean value) {
            draining = value;
            return this;
        }

        public Draft sequential(boolean value) {
            sequential = value;
            return this;
        }

        public Draft lease(Duration value) {
            lease = value;
            return this;
        }

        public Draft maxLostLeases(int value) {
            maxLostLeases = value;
            return this;
        }

        public Draft maxAttempts(int value) {
            maxAttempts = value;
            return this;
        }

        public Draft backoff(Backoff value) {
            backoff = value;
            return this;
        }

        public Draft concurrency(Integer value) {
            concurrency = value;
            return this;
        }

        public Draft rate(Rate value) {
            rate = value;
            return this;
        }

        public Draft groupConcurrency(Integer value) {
            groupConcurrency = value;
            return this;
        }

        public Draft groupRate(Rate value) {
            groupRate = value;
            return this;
        }

        public Draft retention(Duration value) {
            retention = value;
            return this;
        }

        public Draft onDisconnect(OnDisconnect value) {
            onDisconnect = value;
            return this;
        }

        /** @throws Refused {@link Reason#INVALID}, naming the culprit */
        public QueueSettings settings() {
            return new QueueSettings(
                    paused,
                    draining,
                    sequential,
                    lease,
                    maxLostLeases,
                    maxAttempts,
                    backoff,
                    concurrency,
                    rate,
                    groupConcurrency,
                    groupRate,
                    retention,
                    onDisconnect);
        }
    }
}
