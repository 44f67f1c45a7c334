package io.carillon.worker.command;

import io.carillon.worker.CallRefused;
import io.carillon.worker.Connection;
import io.carillon.worker.Handler;
import io.carillon.worker.HealthEndpoint;
import io.carillon.worker.QueueShare;
import io.carillon.worker.Take;
import io.carillon.worker.Worker;
import io.carillon.worker.WorkerBuilder;
import io.carillon.worker.micrometer.WorkerMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all commands do: check, start the worker, stop it at a signal, end with a code that says why. */
abstract class WorkCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(WorkCommand.class);
    private static final int CLIENT_ERROR = 400;
    private static final int SERVER_ERROR = 500;
    private static final int MOST_PORT = 65_535;
    private static final Duration PAUSE = Duration.ofMillis(500);

    @Spec
    CommandSpec spec;

    @Mixin
    CommonOptions common;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help")
    boolean help;

    Sources sources;

    private final List<Worker> workers = new ArrayList<>();

    /** @throws ParameterException when flags do not go together */
    abstract void check();

    /** Makes the workers, each with what does its work; nothing runs yet. */
    abstract List<Worker> build();

    /** What neither the log nor the error of a task may have. */
    Secrets secrets() {
        return Secrets.of(System.getenv()).and(List.of(common.key));
    }

    /** Starts what the work needs. */
    void begin() throws IOException, InterruptedException {}

    /** Ends it; the workers have ended. Returns the exit code that this leads to. */
    int end() {
        return ExitCode.OK;
    }

    @Override
    public Integer call() throws Exception {
        require(common.key != null, "--key", "An API key is needed: --key or CARILLON_KEY");
        require(!common.queues.isEmpty(), "--queue", "A queue is needed: --queue or CARILLON_WORKER_QUEUE");
        require(
                common.healthPort == null || common.healthPort >= 0 && common.healthPort <= MOST_PORT,
                "--health-port",
                "A port is 0 to " + MOST_PORT);
        check();
        Log.begin(common.logFormat, common.debug, secrets());
        workers.addAll(build());
        if (common.validate) {
            spec.commandLine().getOut().println("Configuration is valid");
            return ExitCode.OK;
        }
        if (!serverAnswers()) {
            return ExitCode.NOT_STARTED;
        }
        return work();
    }

    private int work() throws IOException, InterruptedException {
        Thread hook = new Thread(this::stopAtSignal, "carillon-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        workers.forEach(worker -> new WorkerMetrics(worker).bindTo(metrics));
        HealthEndpoint health = null;
        try {
            if (common.healthPort != null) {
                health = HealthEndpoint.start(
                        workers.get(0), InetAddress.getByName(common.healthBind), common.healthPort, metrics::scrape);
            }
            try {
                begin();
            } catch (IOException | InterruptedException | RuntimeException failed) {
                // What has begun already would outlive us.
                end();
                throw failed;
            }
            // A child that is given up by now has ended its worker.
            workers.stream()
                    .filter(worker -> worker.state() == Worker.State.NEW)
                    .forEach(Worker::start);
            if (System.console() != null && common.logFormat == Log.Format.plain) {
                ProgressLine.show(workers);
            }
            int code = ExitCode.OK;
            for (Worker worker : workers) {
                if (worker.awaitEnd() == Worker.Reason.TOO_MANY_ERRORS) {
                    code = ExitCode.ERRORS;
                }
            }
            int child = end();
            return child == ExitCode.OK ? code : child;
        } finally {
            if (health != null) {
                health.close();
            }
            forget(hook);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException running) {
            LOG.debug("A signal came at the end");
        }
    }

    /** The JVM ends when its hooks have; with 143 instead of ours unless that is said. */
    private void stopAtSignal() {
        List<Thread> stops = workers.stream()
                .map(worker -> new Thread(worker::stop, "carillon-stop"))
                .toList();
        stops.forEach(Thread::start);
        for (Thread stop : stops) {
            try {
                stop.join();
            } catch (InterruptedException impatient) {
                Thread.currentThread().interrupt();
            }
        }
        end();
        Runtime.getRuntime().halt(ExitCode.OK);
    }

    /** Asks for no task: says whether the server answers, takes the key, and knows the queues. */
    private boolean serverAnswers() throws InterruptedException {
        Connection connection = new Connection(URI.create(common.server), common.key);
        List<String> names = common.queues.stream()
                .map(queue -> queue.queue() + ":" + (queue.level() == null ? 0 : queue.level()))
                .toList();
        long until = System.nanoTime() + common.waitForServer.toNanos();
        while (true) {
            String why;
            try {
                for (String name : names) {
                    connection.take(Take.from(name).size(0));
                }
                return true;
            } catch (CallRefused refused) {
                if (refused.status() >= CLIENT_ERROR && refused.status() < SERVER_ERROR) {
                    LOG.error("The server at {} refuses this worker: {}", common.server, refused.getMessage());
                    return false;
                }
                why = refused.getMessage();
            } catch (IOException unreachable) {
                why = unreachable.toString();
            }
            if (System.nanoTime() - until >= 0) {
                LOG.error("The server at {} does not answer: {}", common.server, why);
                return false;
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    /** A worker that has all its queues done by one handler. */
    final Worker worker(String kind, Handler handler) {
        return workerOf(kind, queue -> handler);
    }

    /** @param handlers the handler of a queue, by its name without a level; asked once for each that is named */
    final Worker workerOf(String kind, Function<String, Handler> handlers) {
        WorkerBuilder builder = common.worker(kind, this::set);
        Map<String, Handler> known = new HashMap<>();
        Set<QueueShare> distinct = new LinkedHashSet<>(common.queues);
        set(
                "--queue",
                () -> distinct.forEach(
                        queue -> builder.handler(queue.toString(), known.computeIfAbsent(queue.queue(), handlers))));
        return builder.build();
    }

    final Upstream upstream(List<String> headers, UpstreamOptions options) {
        set("--timeout", () -> Upstream.requireTime(options.timeout));
        set("--retries", () -> Upstream.requireRetries(options.retries));
        return used("--header", () -> new Upstream(headers, options.timeout, options.retries));
    }

    /** Uses the value of a flag; when it is wrong, says of which flag it is. */
    final void set(String flag, Runnable setting) {
        used(flag, () -> {
            setting.run();
            return null;
        });
    }

    /** The same, for what is made of the value. */
    final <T> T used(String flag, Supplier<T> use) {
        try {
            return use.get();
        } catch (IllegalArgumentException wrong) {
            throw wrong(flag, wrong.getMessage());
        }
    }

    final void require(boolean right, String flag, String message) {
        if (!right) {
            throw wrong(flag, message);
        }
    }

    private ParameterException wrong(String flag, String message) {
        String named = message.contains(flag) ? message : flag + ": " + message;
        return new ParameterException(spec.commandLine(), named, spec.findOption(flag), null);
    }

    final List<Worker> workers() {
        return workers;
    }
}
