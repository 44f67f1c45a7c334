package io.carillon.worker;

import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does tasks with handlers, one for each queue, on as many threads as the worker's concurrency. Safe for many threads. */
final class HandlerPool implements TaskExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(HandlerPool.class);
    private static final int IDLE_SECONDS = 30;

    private final Map<String, Handler> handlers;
    private final int concurrency;
    private final Runnable freed;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger names = new AtomicInteger();
    private final ThreadPoolExecutor threads;

    /**
     * @param handlers by queue or full queue name
     * @param freed called when there is room again
     */
    HandlerPool(Map<String, Handler> handlers, int concurrency, Runnable freed) {
        this.handlers = Map.copyOf(handlers);
        this.concurrency = concurrency;
        this.freed = freed;
        this.threads = new ThreadPoolExecutor(
                concurrency, concurrency, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "carillon-handler-" + names.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public Integer remainingCapacity() {
        return concurrency - begun.get();
    }

    @Override
    public void submit(TaskWrapper task) {
        Runnable work = () -> run(task);
        begun.incrementAndGet();
        try {
            threads.execute(work);
        } catch (RuntimeException | Error notBegun) {
            // It may stand in line although there was no thread for it.
            threads.remove(work);
            begun.decrementAndGet();
            throw notBegun;
        }
    }

    private void run(TaskWrapper task) {
        try {
            if (task.begin(Thread.currentThread())) {
                handle(task);
            }
        } finally {
            task.leave();
            begun.decrementAndGet();
            freed.run();
        }
    }

    private void handle(TaskWrapper task) {
        int before = task.parkings();
        try {
            Object result = handler(task).handle(task);
            // One that is kept for later may have begun again on another thread by now.
            if (task.isOpen() && task.parkings() == before) {
                task.markComplete(Result.of(result));
            }
        } catch (PermanentFailure permanent) {
            if (task.isOpen()) {
                task.markComplete(permanent.result());
            }
        } catch (Throwable failure) {
            // whatever it is, the task must not stay with this worker for ever
            if (task.isOpen()) {
                LOG.warn("Attempt {} of task {} failed: {}", task.attempt(), task.id(), reason(failure));
                task.markFailed(reason(failure));
            } else if (!task.isCancelled()) {
                LOG.warn("The handler failed after it had ended task {}", task.id(), failure);
            }
        }
    }

    private Handler handler(TaskWrapper task) throws PermanentFailure {
        String full = task.getTask().queue();
        Handler handler = handlers.get(full);
        if (handler == null) {
            handler = handlers.get(full.substring(0, full.lastIndexOf(':')));
        }
        if (handler == null) {
            throw new PermanentFailure("This worker has no handler for queue " + full);
        }
        return handler;
    }

    private static String reason(Throwable failure) {
        return failure.getMessage() == null || failure.getMessage().isBlank()
                ? failure.getClass().getName()
                : failure.getMessage();
    }

    /** Ends its threads once they are idle. */
    void stop() {
        threads.shutdown();
    }
}
