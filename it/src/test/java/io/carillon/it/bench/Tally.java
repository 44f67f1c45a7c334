package io.carillon.it.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** What clients count: what was done, how long each took, what went wrong. For one thread. */
final class Tally {
    private final Map<String, Integer> errors = new TreeMap<>();
    private long[] nanos = new long[1 << 14];
    private int timed;
    private int done;
    private int failed;

    /** Counts one, which took as long as its request; or an error when it was not answered well. */
    void count(Response answer) {
        count(answer, 1);
    }

    /** Counts so many as done by one request. */
    void count(Response answer, int many) {
        if (answer.ok()) {
            done += many;
            time(answer.nanos());
        } else {
            error(answer.toString());
        }
    }

    void time(long took) {
        if (timed == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * timed);
        }
        nanos[timed++] = took;
    }

    void done(int many) {
        done += many;
    }

    void error(String reason) {
        failed++;
        // Ids and times differ, the reason is the same.
        errors.merge(reason.replaceAll("TASK-[-\\w]+|\\d{5,}", "#"), 1, Integer::sum);
    }

    int done() {
        return done;
    }

    int failed() {
        return failed;
    }

    Map<String, Integer> errors() {
        return errors;
    }

    /** How many ms that share of the requests took at most; NaN when there was none. */
    double ms(double share) {
        if (timed == 0) {
            return Double.NaN;
        }
        long[] sorted = Arrays.copyOf(nanos, timed);
        Arrays.sort(sorted);
        return sorted[Math.min(timed - 1, (int) (timed * share))] / 1e6;
    }
}
