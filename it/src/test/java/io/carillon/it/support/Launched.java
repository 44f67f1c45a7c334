package io.carillon.it.support;

import io.carillon.standalone.Carillon;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The launcher as an operator has it: a program that is started, killed and stopped. */
public final class Launched implements AutoCloseable {
    /** The programs that have a pid file. */
    public static final List<String> PARTS = List.of("server", "redis", "mariadb");

    private static final Pattern ANSWERS_AT = Pattern.compile("Carillon answers at (http://\\S+)");
    private static final String KEY = "sk-carillon-0123456789012345678901234567890123456789012";

    private final Process launcher;
    private final Path directory;
    private final Set<ProcessHandle> seen = new HashSet<>();
    private final StringBuffer said = new StringBuffer();
    private final CompletableFuture<URI> url = new CompletableFuture<>();

    private Launched(Process launcher, Path directory) {
        this.launcher = launcher;
        this.directory = directory;
        Thread reader = new Thread(this::read, "launcher output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts everything in a data directory and waits until it answers. */
    public static Launched start(Path directory, Map<String, String> environment) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        try {
            Path program = Path.of(Carillon.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            command.addAll(
                    program.toString().endsWith(".jar")
                            ? List.of("-jar", program.toString())
                            : List.of("-cp", System.getProperty("java.class.path"), Carillon.class.getName()));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(name -> name.startsWith("CARILLON_"));
            builder.environment().put("CARILLON_HTTP_PORT", "0");
            builder.environment().put("CARILLON_JAVA_OPTS", Whole.QUICK_START);
            builder.environment().put("CARILLON_DATA_DIR", directory.toString());
            builder.environment().put("CARILLON_ADMIN_KEY", KEY);
            builder.environment().putAll(environment);
            Launched launched = new Launched(builder.start(), directory);
            try {
                launched.url.orTimeout(4, TimeUnit.MINUTES).join();
                PARTS.forEach(launched::part);
                return launched;
            } catch (RuntimeException | Error failure) {
                launched.close();
                throw failure;
            }
        } catch (Exception e) {
            throw new AssertionError("The launcher did not start", e);
        }
    }

    private void read() {
        try (BufferedReader out = launcher.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.append(line).append('\n');
                Matcher matcher = ANSWERS_AT.matcher(line);
                if (matcher.find()) {
                    url.complete(URI.create(matcher.group(1) + "/"));
                }
            }
        } catch (IOException e) {
            said.append(e.getMessage()).append('\n');
        }
        url.completeExceptionally(new AssertionError("The launcher ended; it said:\n" + said));
    }

    public Server server() {
        return new Server(url.join(), KEY);
    }

    /** What it has written to its terminal so far. */
    public String said() {
        return said.toString();
    }

    /** The process that a pid file names. */
    public ProcessHandle part(String name) {
        try {
            long pid = Long.parseLong(Files.readString(directory.resolve("run").resolve(name + ".pid"))
                    .strip());
            ProcessHandle handle = ProcessHandle.of(pid)
                    .orElseThrow(() -> new AssertionError("There is no process " + pid + " for " + name));
            seen.add(handle);
            return handle;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL for one part, which is gone then. */
    public void kill(String name) {
        kill(part(name));
    }

    /** SIGKILL for all parts and for the launcher, in this moment. */
    public void killAll() {
        List<ProcessHandle> all = new ArrayList<>(List.of(launcher.toHandle()));
        PARTS.forEach(name -> all.add(part(name)));
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(Launched::awaitEnd);
    }

    private static void kill(ProcessHandle handle) {
        handle.destroyForcibly();
        awaitEnd(handle);
    }

    private static void awaitEnd(ProcessHandle handle) {
        Eventually.get(Duration.ofSeconds(20), () -> alive(handle), alive -> !alive);
    }

    /** An orphan that nobody collects is over all the same. */
    private static boolean alive(ProcessHandle handle) {
        try {
            return handle.isAlive()
                    && !Files.readString(Path.of("/proc", Long.toString(handle.pid()), "cmdline"))
                            .isEmpty();
        } catch (IOException gone) {
            return false;
        }
    }

    /** Whether any process that this one started still runs. */
    public boolean anythingRuns() {
        return launcher.isAlive() || seen.stream().anyMatch(Launched::alive);
    }

    /** SIGTERM for the launcher. */
    public void terminate() {
        launcher.destroy();
    }

    /** Waits until the launcher has ended, and gives its exit code. */
    public int exitCode(Duration within) {
        try {
            if (!launcher.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("The launcher has not ended within " + within.toSeconds() + " s: " + said);
            }
            return launcher.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    @Override
    public void close() {
        launcher.descendants().forEach(seen::add);
        launcher.destroy();
        try {
            launcher.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        seen.add(launcher.toHandle());
        seen.stream().filter(Launched::alive).forEach(ProcessHandle::destroyForcibly);
    }
}
