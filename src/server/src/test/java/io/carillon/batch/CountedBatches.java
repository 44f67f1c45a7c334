package io.carillon.batch;

/** Counts batches as their steps do, for tests of what is shown of it. */
public class CountedBatches {
    private final BatchCounts counts = new BatchCounts();

    public BatchCounts counts() {
        return counts;
    }

    public void created(int queue) {
        counts.created(queue);
    }

    public void split(int queue) {
        counts.split(queue);
    }

    public void ended(int queue, BatchState state) {
        counts.ended(queue, state);
    }
}
