package io.carillon.it.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command {@code carillon-worker} as its jar, started, told to stop, and killed. */
public final class WorkerProcess implements AutoCloseable {
    private static final Path JAR = Path.of("..", "src", "worker-cli", "target", "carillon-worker.jar");

    private final Process process;
    private final StringBuffer said = new StringBuffer();

    private WorkerProcess(Process process) {
        this.process = process;
        Thread reader = new Thread(this::read, "worker output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts it for a server, with the server's key in its environment. */
    public static WorkerProcess start(Server server, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("carillon.worker.jar", JAR.toString())));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("CARILLON_"));
        builder.environment().put("CARILLON_URL", server.url().toString());
        builder.environment().put("CARILLON_KEY", server.key());
        builder.environment().put("CHILD_TOKEN", "hush-hush");
        try {
            return new WorkerProcess(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.append(line).append('\n');
            }
        } catch (IOException e) {
            said.append(e.getMessage()).append('\n');
        }
    }

    /** Its log so far. */
    public String said() {
        return said.toString();
    }

    /** Waits until the log has that text. */
    public WorkerProcess says(String text) {
        Eventually.get(Duration.ofSeconds(40), this::said, log -> log.contains(text));
        return this;
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
    }

    public boolean runs() {
        return process.isAlive();
    }

    /** Waits until it has ended, and gives its exit code. */
    public int exitCode() {
        try {
            if (!process.waitFor(40, TimeUnit.SECONDS)) {
                throw new AssertionError("The worker has not ended; it said:\n" + said);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
