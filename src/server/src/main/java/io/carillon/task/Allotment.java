package io.carillon.task;

import java.util.List;

/** How many tasks a strategy takes from each of several queues, given what is available. */
final class Allotment {
    private Allotment() {}

    /**
     * @param available per queue, in the worker's order, the acceptance orders of what could be taken, oldest first
     * @param size how many at most
     * @return per queue how many
     */
    static int[] of(Strategy strategy, List<List<Long>> available, int size) {
        int[] counts = new int[available.size()];
        switch (strategy) {
            case FIFO -> {
                for (int left = size; left > 0; left--) {
                    int oldest = -1;
                    for (int i = 0; i < counts.length; i++) {
                        if (has(available, counts, i)
                                && (oldest < 0 || next(available, counts, i) < next(available, counts, oldest))) {
                            oldest = i;
                        }
                    }
                    if (oldest < 0) {
                        break;
                    }
                    counts[oldest]++;
                }
            }
            case ROUND_ROBIN -> {
                int left = size;
                for (boolean any = true; any && left > 0; ) {
                    any = false;
                    for (int i = 0; i < counts.length && left > 0; i++) {
                        if (has(available, counts, i)) {
                            counts[i]++;
                            left--;
                            any = true;
                        }
                    }
                }
            }
            case ACTIVE_PASSIVE -> {
                int left = size;
                for (int i = 0; i < counts.length; i++) {
                    counts[i] = Math.min(left, available.get(i).size());
                    left -= counts[i];
                }
            }
            case SEQUENTIAL -> {
                for (int i = 0; i < counts.length; i++) {
                    counts[i] = Math.min(1, available.get(i).size());
                }
            }
        }
        return counts;
    }

    private static boolean has(List<List<Long>> available, int[] counts, int i) {
        return counts[i] < available.get(i).size();
    }

    /** In milliseconds, so that ties go to the queue that the worker listed first. */
    private static long next(List<List<Long>> available, int[] counts, int i) {
        return available.get(i).get(counts[i]) / 1000;
    }
}
