package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command {@code carillon-worker}, and how fast one process with {@code echo} empties a queue. */
final class WorkerProgram {
    private static final Path JAR = Path.of("..", "src", "worker-cli", "target", "carillon-worker.jar");
    private static final Path UNIT = Path.of("..", "server-config", "worker", "carillon-worker.service");
    /** With room for a thousand tasks. */
    private static final List<String> LARGE = List.of("-Xmx256m", "-XX:+UseSerialGC");

    /** The first is that of all levels. */
    private static final Pattern SUCCEEDED = Pattern.compile("\"succeeded\":(\\d+)");

    private static final int CONCURRENCY = 1000;
    private static final long POLL_MILLIS = 50;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private WorkerProgram() {}

    static Measured measure(Environment environment) throws IOException {
        Figures online = measure(environment, 0, 20_000, 20_000);
        Figures offline = measure(environment, 1, 100_000, 50_000);
        return new Measured(
                "level 0: " + Figures.count(online.perSecond()) + " tasks/s; level 1: "
                        + Figures.count(offline.perSecond()) + " tasks/s",
                "with the worker's, 0: " + online.cpuText() + "; 1: " + offline.cpuText());
    }

    /** @param before how many tasks the worker ends before it is measured, so that both compilers have done most of their work */
    private static Figures measure(Environment environment, int level, int before, int measured) throws IOException {
        Target target = environment.target();
        String queue = environment.newQueue();
        int tasks = before + measured;
        environment.fill(queue, level, tasks);
        Process worker = start(
                target, LARGE, "echo", "--queue", queue + ":" + level, "--concurrency", Integer.toString(CONCURRENCY));
        try {
            Map<String, Long> pids = new LinkedHashMap<>(target.processes().pids());
            pids.put("worker", worker.pid());
            int begin = await(target, queue, worker, before);
            Meter meter = new Meter(new Processes(pids));
            int end = await(target, queue, worker, tasks);
            Tally tally = new Tally();
            tally.done(end - begin);
            Figures figures = meter.stop("worker echo, level " + level, tally);
            environment.say(figures);
            return figures;
        } finally {
            worker.destroy();
        }
    }

    /** The options of the JVM with which systemd starts it. */
    static List<String> options() throws IOException {
        String command = Files.readAllLines(UNIT).stream()
                .filter(line -> line.startsWith("ExecStart="))
                .findFirst()
                .orElseThrow(() -> new IOException(UNIT + " starts nothing"));
        List<String> words = List.of(command.split(" "));
        return words.subList(1, words.indexOf("-jar"));
    }

    /** Starts it, for that server. */
    static Process start(Target target, List<String> options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-jar", JAR.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> name.startsWith("CARILLON_"));
        builder.environment().put("CARILLON_URL", target.url().toString());
        builder.environment().put("CARILLON_KEY", target.key());
        return builder.start();
    }

    /** Waits until so many tasks of the queue have ended, and says how many have. */
    private static int await(Target target, String queue, Process worker, int tasks) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            Matcher counts = SUCCEEDED.matcher(target.call(target.get("/v1/queues/" + queue)));
            int succeeded = counts.find() ? Integer.parseInt(counts.group(1)) : 0;
            if (succeeded >= tasks) {
                return succeeded;
            }
            if (!worker.isAlive()) {
                throw new IOException("The worker ended with exit code " + worker.exitValue());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }
        throw new IOException("The worker did not end " + tasks + " tasks within " + PATIENCE);
    }
}
