package io.carillon.task;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Promises what is asked of it and does nothing, so that a test says when a tick comes. */
final class NeverScheduler extends ScheduledThreadPoolExecutor {
    NeverScheduler() {
        super(0);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable work, long first, long delay, TimeUnit unit) {
        return super.schedule(work, 1000, TimeUnit.DAYS);
    }
}
