package io.carillon.stores;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A server process that we started: its output goes to a file, its number lies in a pid file while it runs. It has a session
 * of its own where the system knows {@code setsid}, so that Ctrl-C in a terminal reaches us and not it: we decide in which
 * order things stop. Safe for many threads.
 */
public final class OwnedProcess {
    private static final long LARGEST_LOG = 16L << 20;

    private final Process process;
    private final Path pidFile;
    private final Path log;

    private OwnedProcess(Process process, Path pidFile, Path log) {
        this.process = process;
        this.pidFile = pidFile;
        this.log = log;
    }

    /**
     * What to start.
     *
     * @param command program and arguments
     * @param directory where it runs
     * @param environment variables beside our own; one with an empty value is taken away
     * @param pidFile where its number is kept, removed when it is stopped
     * @param log file to which its output is appended, or null when the caller reads it from {@link #output()}
     */
    public record Plan(List<String> command, Path directory, Map<String, String> environment, Path pidFile, Path log) {
        public Plan {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }

    /** @throws StoreFailure when the system refuses to start it */
    public static OwnedProcess start(Plan plan) {
        List<String> command = new ArrayList<>(plan.command());
        setsid().ifPresent(setsid -> command.add(0, setsid));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(plan.directory().toFile())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"));
        plan.environment().forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        try {
            if (plan.log() != null) {
                rotate(plan.log());
                builder.redirectOutput(
                        ProcessBuilder.Redirect.appendTo(plan.log().toFile()));
            }
            Process process = builder.start();
            Path fresh = plan.pidFile().resolveSibling(plan.pidFile().getFileName() + ".new");
            Files.writeString(fresh, process.pid() + "\n");
            Files.move(fresh, plan.pidFile(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new OwnedProcess(process, plan.pidFile(), plan.log());
        } catch (IOException e) {
            throw new StoreFailure("Cannot start " + plan.command().get(0) + ": " + e.getMessage(), e);
        }
    }

    private static void rotate(Path log) throws IOException {
        if (Files.exists(log) && Files.size(log) > LARGEST_LOG) {
            Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Optional<String> setsid() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(entry -> entry.startsWith("/"))
                .map(entry -> Path.of(entry, "setsid"))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    /** What it writes, when it has no log file; somebody must read it, or the process will stand still. */
    public InputStream output() {
        return process.getInputStream();
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** The exit code, once it has ended. */
    public Optional<Integer> exitCode() {
        return process.isAlive() ? Optional.empty() : Optional.of(process.exitValue());
    }

    /** Waits until the process has ended; false when it has not within that time. */
    public boolean awaitExit(Duration atMost) {
        try {
            return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /** Asks it to end (SIGTERM), and ends it (SIGKILL) when it has not within the grace. True when it ended by itself. */
    public boolean stop(Duration grace) {
        boolean willing = ended(process.toHandle(), grace);
        removePidFile();
        return willing;
    }

    /** SIGKILL, as a crash does it: the pid file stays. Returns when the process is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** The last line that it wrote to its log, or an empty string. */
    public String lastWords() {
        try {
            List<String> lines = log == null
                    ? List.of()
                    : new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1)
                            .lines()
                            .filter(line -> !line.isBlank())
                            .toList();
            return lines.isEmpty() ? "" : lines.get(lines.size() - 1).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private void removePidFile() {
        try {
            if (Files.exists(pidFile) && Files.readString(pidFile).strip().equals(Long.toString(pid()))) {
                Files.delete(pidFile);
            }
        } catch (IOException e) {
            // a stale pid file does no harm: nobody trusts it without looking at the process
        }
    }

    /**
     * Ends what an earlier start left behind: every process of ours whose program has that name and which has exactly that
     * argument, one that names the directory it works in. The process table is asked, not the pid file: the file may be
     * missing, or name a stranger that got the number since.
     *
     * @return the numbers of the ended ones
     */
    public static List<Long> endOrphans(String programStart, String argument, Duration grace) {
        List<ProcessHandle> orphans = ProcessHandle.allProcesses()
                .filter(handle -> handle.pid() != ProcessHandle.current().pid())
                .filter(handle -> matches(arguments(handle), programStart, argument))
                .toList();
        orphans.forEach(ProcessHandle::destroy);
        orphans.forEach(orphan -> ended(orphan, grace));
        return orphans.stream().map(ProcessHandle::pid).toList();
    }

    private static boolean matches(List<String> command, String programStart, String argument) {
        if (command.isEmpty() || command.get(0).isEmpty()) {
            return false;
        }
        Path program = Path.of(command.get(0)).getFileName();
        return program != null && program.toString().startsWith(programStart) && command.contains(argument);
    }

    private static List<String> arguments(ProcessHandle handle) {
        Path proc = Path.of("/proc", Long.toString(handle.pid()), "cmdline");
        try {
            if (Files.exists(proc)) {
                return Arrays.asList(
                        Files.readString(proc, StandardCharsets.UTF_8).split("\0"));
            }
        } catch (IOException | RuntimeException e) {
            // gone meanwhile, or another user's
            return List.of();
        }
        List<String> command = new ArrayList<>();
        handle.info().command().ifPresent(command::add);
        handle.info().arguments().ifPresent(rest -> command.addAll(List.of(rest)));
        return command;
    }

    private static boolean ended(ProcessHandle handle, Duration grace) {
        handle.destroy();
        if (gone(handle, grace)) {
            return true;
        }
        handle.destroyForcibly();
        if (!gone(handle, Duration.ofSeconds(10))) {
            throw new StoreFailure("Process " + handle.pid() + " does not end");
        }
        return false;
    }

    private static boolean gone(ProcessHandle handle, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        while (handle.isAlive() && !zombie(handle)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
        return true;
    }

    /** Over, but not yet collected by its parent: where process 1 of a container does not care, for ever. */
    private static boolean zombie(ProcessHandle handle) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(handle.pid()), "cmdline"))
                    .isEmpty();
        } catch (IOException e) {
            return false;
        }
    }
}
