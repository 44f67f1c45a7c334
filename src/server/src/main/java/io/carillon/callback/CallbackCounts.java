package io.carillon.callback;

import java.util.concurrent.atomic.LongAdder;

/** What this instance's delivery has done since it started. Safe for many threads. */
public class CallbackCounts {
    private final LongAdder delivered = new LongAdder();
    private final LongAdder retried = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder errors = new LongAdder();

    void count(Ended ended) {
        switch (ended.next()) {
            case DELIVERED -> delivered.increment();
            case RETRY -> retried.increment();
            case FAILED -> failed.increment();
            case RELEASED -> {}
        }
    }

    void countError() {
        errors.increment();
    }

    /** Callbacks that a receiver answered with 2xx. */
    public long delivered() {
        return delivered.sum();
    }

    /** Attempts that failed and are made again. */
    public long retried() {
        return retried.sum();
    }

    /** Callbacks that were given up. */
    public long failed() {
        return failed.sum();
    }

    /** Times that the database could not be reached; what was to be done then is done later. */
    public long errors() {
        return errors.sum();
    }
}
