package io.carillon.worker.command;

import io.carillon.worker.Statistics;
import io.carillon.worker.Worker;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One line at the bottom of a terminal that says each second how the workers do. */
final class ProgressLine {
    private static final String ERASE = "\r\033[K";
    private static volatile boolean shown;

    private ProgressLine() {}

    /** Shows it until the JVM ends. */
    static void show(List<Worker> workers) {
        Thread thread = new Thread(() -> draw(workers), "carillon-progress");
        thread.setDaemon(true);
        thread.start();
    }

    private static void draw(List<Worker> workers) {
        long before = 0;
        while (true) {
            long done = 0;
            long failed = 0;
            int running = 0;
            int capacity = 0;
            for (Worker worker : workers) {
                Statistics statistics = worker.statistics();
                done += statistics.completed();
                failed += statistics.failed();
                running += statistics.running();
                capacity += worker.capacity();
            }
            shown = true;
            System.err.printf(
                    "%s%s: %d of %d busy, %d done, %d failed, %d/s",
                    ERASE, workers.get(0).state().name().toLowerCase(), running, capacity, done, failed, done - before);
            System.err.flush();
            before = done;
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        }
    }

    /** Makes room for a line of the log. */
    static void clear() {
        if (shown) {
            System.err.print(ERASE);
        }
    }
}
