package io.carillon.worker.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a child process is started and ended: in a session of its own where there is {@code setsid}, so that all that it started
 * ends with it; with a memory limit where there is a shell; without our API key in its environment.
 *
 * @param command the program and its arguments
 * @param directory where it runs; null for here
 * @param memoryBytes address space that it may have; 0 for no limit
 */
record ChildLaunch(List<String> command, Path directory, long memoryBytes) {
    private static final Logger LOG = LoggerFactory.getLogger(ChildLaunch.class);
    private static final Optional<String> SETSID = found("setsid");
    private static final Optional<String> SHELL = found("sh");
    private static final int KIB = 1024;
    /** How long the end may take after SIGKILL; what waits for a disk or a device without being interruptible takes for ever. */
    static final Duration LAST = Duration.ofSeconds(5);

    private static Optional<String> found(String program) {
        return Stream.of("/usr/bin/", "/bin/")
                .map(directory -> directory + program)
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
    }

    Process start(String queue) throws IOException {
        List<String> words = new ArrayList<>();
        SETSID.ifPresent(words::add);
        if (memoryBytes > 0 && SHELL.isPresent()) {
            words.addAll(List.of(SHELL.get(), "-c", "ulimit -v " + memoryBytes / KIB + " && exec \"$0\" \"$@\""));
        }
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        builder.environment().remove("CARILLON_KEY");
        builder.environment().put("CARILLON_QUEUE", queue);
        return builder.start();
    }

    /** Ends many, each in its own time, for who stops us waits for a while only. Returns when all are done. */
    static void atOnce(Stream<Runnable> ends) {
        CompletableFuture.allOf(
                        ends.map(end -> CompletableFuture.runAsync(end, work -> new Thread(work, "child-stop").start()))
                                .toArray(CompletableFuture[]::new))
                .join();
    }

    /**
     * SIGTERM, and after that time (0 for none) SIGKILL, for the child and all that it has started. Returns when it is gone, or
     * has not gone for seconds after SIGKILL.
     */
    static void end(Process process, long graceMillis) {
        List<ProcessHandle> started = process.descendants().toList();
        try {
            if (graceMillis > 0) {
                signal(process, started, false);
            }
            if (graceMillis > 0 && !process.waitFor(graceMillis, TimeUnit.MILLISECONDS)) {
                started = process.descendants().toList();
            }
            signal(process, started, true);
            if (!process.waitFor(LAST.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "Process {} does not end although it was killed; nobody waits for it any longer",
                        process.pid());
            }
        } catch (InterruptedException impatient) {
            signal(process, started, true);
            Thread.currentThread().interrupt();
        }
    }

    private static void signal(Process process, List<ProcessHandle> started, boolean kill) {
        if (SETSID.isPresent() && SHELL.isPresent()) {
            try {
                // The child leads its group, which has its number. Small images have no program kill, but a shell has
                // it.
                new ProcessBuilder(SHELL.get(), "-c", "kill -s " + (kill ? "KILL" : "TERM") + " -- -" + process.pid())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor(5, TimeUnit.SECONDS);
            } catch (IOException | InterruptedException failed) {
                if (failed instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        // Not Process.destroy: it closes standard input too, and waits for whoever is writing there.
        for (ProcessHandle handle :
                Stream.concat(started.stream(), Stream.of(process.toHandle())).toList()) {
            if (kill) {
                handle.destroyForcibly();
            } else {
                handle.destroy();
            }
        }
    }
}
