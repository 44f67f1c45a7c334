package io.carillon.task;

import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/** How long something took, many times over, counted in buckets from 1 ms to 1 h. Safe for many threads, and cheap. */
public class Durations {
    private static final long[] BOUNDS = {
        1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000
    };

    private final LongAdder[] buckets = new LongAdder[BOUNDS.length + 1];
    private final LongAdder sum = new LongAdder();

    Durations() {
        Arrays.setAll(buckets, i -> new LongAdder());
    }

    void record(long millis) {
        int at = Arrays.binarySearch(BOUNDS, millis);
        buckets[at >= 0 ? at : -at - 1].increment();
        sum.add(millis);
    }

    /** The upper bounds of the buckets in ms, each included; the last bucket has none. */
    public static long[] bounds() {
        return BOUNDS.clone();
    }

    /** How many fell into each bucket: one number more than there are bounds. */
    public long[] counts() {
        return Arrays.stream(buckets).mapToLong(LongAdder::sum).toArray();
    }

    /** All of them together, in ms. */
    public long sum() {
        return sum.sum();
    }
}
