package io.carillon.callback;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many callbacks are under way, in all and to each host. A host may use half of what is free, so however many slow
 * receivers there are, something is left for the next. A host that fails again and again is only probed, a few times a
 * second, until it answers: its backlog neither storms it nor fills the slots with attempts that wait for a timeout. Safe for many
 * threads.
 */
class Slots {
    static final int FAILURES = 10;
    static final int PROBES = 4;
    private static final int MOST_FAILING = 10_000;
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    /** How often a host failed in a row, and until when it is left alone. */
    private record Failing(int times, long until) {}

    /** What an attempt's outcome changed for its host. */
    enum Change {
        NONE,
        FAILS,
        WORKS_AGAIN
    }

    private final int total;
    private final int perHost;
    private final long bytes;
    private final LongSupplier nanos;
    private final Map<String, Integer> used = new HashMap<>();
    private final Map<String, Failing> failing = new HashMap<>();
    private int usedInAll;
    private long usedBytes;

    Slots(int total, int perHost, long bytes) {
        this(total, perHost, bytes, System::nanoTime);
    }

    /** @param nanos a clock that never goes back, as {@link System#nanoTime} */
    Slots(int total, int perHost, long bytes, LongSupplier nanos) {
        this.nanos = nanos;
        this.total = total;
        this.perHost = perHost;
        this.bytes = bytes;
    }

    /** How many more may go to this host now. */
    synchronized int roomFor(String host) {
        int free = total - usedInAll;
        int share = Math.min(most(host), Math.max(1, free / 2));
        return Math.max(0, Math.min(free, share - used.getOrDefault(host, 0)));
    }

    private int most(String host) {
        Failing failures = failing.get(host);
        if (failures == null || failures.times() < FAILURES) {
            return perHost;
        }
        return nanos.getAsLong() - failures.until() < 0 ? 0 : Math.min(PROBES, perHost);
    }

    /** Notes whether the host did its part in an attempt. */
    synchronized Change note(String host, boolean well) {
        Failing before = failing.get(host);
        int times = before == null ? 0 : before.times();
        if (well) {
            failing.remove(host);
            return times >= FAILURES ? Change.WORKS_AGAIN : Change.NONE;
        }
        if (failing.size() >= MOST_FAILING) {
            failing.clear();
        }
        failing.put(host, new Failing(Math.min(times + 1, FAILURES + 1), nanos.getAsLong() + PAUSE));
        return times + 1 == FAILURES ? Change.FAILS : Change.NONE;
    }

    synchronized int free() {
        return total - usedInAll;
    }

    /** Whether nothing is under way. */
    synchronized boolean idle() {
        return usedInAll == 0;
    }

    /** How many bytes more may be under way; a single callback may always be, whatever its size. */
    synchronized long freeBytes() {
        return bytes - usedBytes;
    }

    synchronized void enter(String host, int size) {
        used.merge(host, 1, Integer::sum);
        usedInAll++;
        usedBytes += size;
    }

    synchronized void leave(String host, int size) {
        used.computeIfPresent(host, (h, n) -> n == 1 ? null : n - 1);
        usedInAll--;
        usedBytes -= size;
        notifyAll();
    }

    /** Waits until nothing is under way. Answers whether it is so. */
    synchronized boolean awaitIdle(long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (usedInAll > 0) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
