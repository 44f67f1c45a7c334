package io.carillon.platform.concurrent;

import io.carillon.platform.log.Trace;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Makes the server's threads and the clock injectable.
 *
 * <p>Executor and scheduler are plain pools of the server's managed threads: each has the application's context once and for
 * all. A managed executor service would capture the context of whoever submits, and set it up each time that something
 * runs, which costs more than most of what we do. Only the trace id goes along, for the log.
 */
@ApplicationScoped
class Threads {
    private static final int MOST = 64;
    private static final int MOST_WAITING = 100_000;
    private static final int AT_SET_TIMES = 16;

    @Resource(lookup = "java:comp/DefaultManagedThreadFactory")
    private ManagedThreadFactory threads;

    @Produces
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    @Typed(ExecutorService.class)
    ExecutorService executor() {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        MOST, MOST, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(MOST_WAITING), threads) {
                    @Override
                    public void execute(Runnable work) {
                        super.execute(Trace.carried(work));
                    }
                };
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    // Static, for on WildFly this bean has ended before what it made.
    static void end(@Disposes ExecutorService executor) {
        executor.shutdownNow();
    }

    /** What happens at set times. It is an executor service too, hence the restriction. */
    @Produces
    @Singleton
    @Typed(ScheduledExecutorService.class)
    ScheduledExecutorService scheduler() {
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(AT_SET_TIMES, threads);
        pool.setRemoveOnCancelPolicy(true);
        return pool;
    }

    static void end(@Disposes ScheduledExecutorService scheduler) {
        scheduler.shutdownNow();
    }
}
