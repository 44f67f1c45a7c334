package io.carillon.worker.command;

import io.carillon.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "exec",
        description = {
            "Has tasks done by a child process in any language, with lines of JSON.",
            "",
            "long_running: one process for each queue. It says {\"status\":\"ready\"} once it has loaded. A task is a line",
            "  {\"task_id\":\"...\",\"queue\":\"resize:1\",\"attempt\":1,\"payload\":{...}}",
            "on its standard input; the answer is a line on its standard output, in any order:",
            "  {\"task_id\":\"...\",\"result\":{...}}",
            "  {\"task_id\":\"...\",\"error\":\"why\",\"retry\":true}",
            "With \"retry\":false no other attempt is made. Standard error goes to the log. When the process dies, its tasks are"
                    + " tried again and it is started anew; --restart and what begins like it say how.",
            "one_shot: a process for each task, which reads one line, answers with one, and ends.%n"
        },
        sortOptions = false)
final class ExecCommand extends WorkCommand {
    private static final Duration STARTUP = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(10);

    /** How many tasks a process gets. */
    enum Mode {
        long_running,
        one_shot
    }

    @Option(
            names = "--mode",
            paramLabel = "long_running|one_shot",
            defaultValue = "long_running",
            description = "How many tasks a process gets. Default: ${DEFAULT-VALUE}")
    Mode mode;

    @Option(
            names = "--startup-timeout",
            paramLabel = "TIME",
            converter = CommonOptions.DurationConverter.class,
            description =
                    "How long a process may take to be ready. Default: 60s; with one_shot none, for its process need not"
                            + " say that it is ready: if you set it, it must, or have answered by then")
    Duration startupTimeout;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "10m",
            converter = CommonOptions.DurationConverter.class,
            description =
                    "How long a task may take; then the process and all that it started is killed, and the task is"
                            + " tried again. 0 for no limit. Default: ${DEFAULT-VALUE}")
    Duration timeout;

    @Option(names = "--directory", paramLabel = "DIR", description = "Where the process runs. Default: here")
    Path directory;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            defaultValue = "0",
            description =
                    "Address space that the process may have, such as 512m or 4g; 0 for no limit. Programs that map"
                            + " GPU memory need far more than they use: limit those with the unit file instead."
                            + " Default: ${DEFAULT-VALUE}")
    long memory;

    @Option(
            names = "--max-line",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            defaultValue = "10m",
            description = "The longest line that is read of its standard output. Default: ${DEFAULT-VALUE}")
    long maxLine;

    @Mixin
    RestartOptions restarts;

    @Parameters(
            paramLabel = "PROGRAM [ARGUMENT...]",
            arity = "0..*",
            description = "The program, best after --; in the file: exec.command, a list of words")
    List<String> command = new ArrayList<>();

    private final List<Child> children = new ArrayList<>();
    OneShot oneShot;
    private volatile boolean givenUp;
    private Worker worker;

    @Override
    void check() {
        if (command.isEmpty()) {
            command = sources.words("exec", "command");
        }
        require(
                !command.isEmpty(),
                "--mode",
                "A program is needed: exec --queue NAME -- PROGRAM, or exec.command in the file");
        require(maxLine > 0 && maxLine <= Integer.MAX_VALUE / 2, "--max-line", "--max-line is 1 to 1g");
        require(
                startupTimeout == null || !startupTimeout.isZero(),
                "--startup-timeout",
                "--startup-timeout must be more than 0");
        require(
                directory == null || Files.isDirectory(directory),
                "--directory",
                "There is no directory '" + directory + "'");
        restarts.check(this);
    }

    @Override
    List<Worker> build() {
        ChildLaunch launch = new ChildLaunch(List.copyOf(command), directory, memory);
        Secrets secrets = secrets();
        if (mode == Mode.one_shot) {
            oneShot = new OneShot(launch, limits(startupTimeout), secrets);
            return List.of(worker("exec", oneShot::handle));
        }
        Child.Limits limits = limits(startupTimeout == null ? STARTUP : startupTimeout);
        worker = workerOf("exec", queue -> {
            Child child = new Child(queue, launch, limits, restarts.policy(), secrets, new Watch(queue));
            children.add(child);
            return child::handle;
        });
        return List.of(worker);
    }

    private Child.Limits limits(Duration startup) {
        return new Child.Limits(startup, timeout, GRACE, (int) maxLine);
    }

    /** While a queue's process is down the worker takes none of its tasks, and goes on with the other queues. */
    private final class Watch implements Child.Watcher {
        private final String queue;

        Watch(String queue) {
            this.queue = queue;
        }

        @Override
        public void up() {
            worker.resume(queue);
        }

        @Override
        public void down() {
            worker.pause(queue);
        }

        @Override
        public void givenUp() {
            givenUp = true;
            worker.drain();
        }
    }

    @Override
    void begin() throws IOException, InterruptedException {
        for (Child child : children) {
            child.start();
        }
    }

    @Override
    int end() {
        if (oneShot != null) {
            oneShot.stop();
        }
        ChildLaunch.atOnce(children.stream().map(child -> child::stop));
        return givenUp ? ExitCode.CHILD : ExitCode.OK;
    }

    /** Reads a number of bytes, or of {@code k}, {@code m}, {@code g}. */
    static final class SizeConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            String wanted = text.strip().toLowerCase();
            if (!wanted.matches("[0-9]{1,12}[kmg]?b?")) {
                throw new TypeConversionException("'" + text + "' is no size; one is 512m or 4g");
            }
            String digits = wanted.replaceAll("[^0-9]", "");
            int shift = wanted.contains("k") ? 10 : wanted.contains("m") ? 20 : wanted.contains("g") ? 30 : 0;
            return Long.parseLong(digits) << shift;
        }
    }
}
