package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a worker costs that has nothing to do. */
final class Idle {
    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");
    private static final Duration SETTLING = Duration.ofSeconds(30);
    private static final Duration MEASURED = Duration.ofSeconds(60);

    private Idle() {}

    static Measured measure(Environment environment) throws IOException {
        Process worker = WorkerProgram.start(
                environment.target(), WorkerProgram.options(), "echo", "--queue", environment.newQueue());
        try {
            sleep(SETTLING);
            Meter meter = new Meter(new Processes(Map.of("worker", worker.pid())));
            sleep(MEASURED);
            if (!worker.isAlive()) {
                throw new IOException("The worker ended with exit code " + worker.exitValue());
            }
            Figures figures = meter.stop("idle worker", new Tally());
            return new Measured(
                    Figures.number(100 * figures.cpu().get("worker") / figures.seconds()) + " % of a core, "
                            + Figures.number(resident(worker.pid()) / 1024) + " MB",
                    "");
        } finally {
            worker.destroy();
        }
    }

    /** KiB that a process has in memory. */
    private static double resident(long pid) throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
        if (!resident.find()) {
            throw new IOException("Process " + pid + " has no memory");
        }
        return Double.parseDouble(resident.group(1));
    }

    private static void sleep(Duration time) throws InterruptedIOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
