package io.carillon.callback;

import java.util.HashMap;
import java.util.Map;

/**
 * How many callbacks are under way, in all and to each host. A host may use half of what is free, so however many slow
 * receivers there are, something is left for the next. Safe for many threads.
 */
class Slots {
    private final int total;
    private final int perHost;
    private final long bytes;
    private final Map<String, Integer> used = new HashMap<>();
    private int usedInAll;
    private long usedBytes;

    Slots(int total, int perHost, long bytes) {
        this.total = total;
        this.perHost = perHost;
        this.bytes = bytes;
    }

    /** How many more may go to this host now. */
    synchronized int roomFor(String host) {
        int free = total - usedInAll;
        int share = Math.min(perHost, Math.max(1, free / 2));
        return Math.max(0, Math.min(free, share - used.getOrDefault(host, 0)));
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
