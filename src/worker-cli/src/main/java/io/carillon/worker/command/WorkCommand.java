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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
        check();
        Log.begin(common.logFormat, common.debug);
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
        HealthEndpoint health = common.healthPort == null
                ? null
                : HealthEndpoint.start(
                        workers.get(0), InetAddress.getByName(common.healthBind), common.healthPort, metrics::scrape);
        try {
            begin();
            workers.forEach(Worker::start);
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
        Map<String, QueueShare> distinct = new LinkedHashMap<>();
        common.queues.forEach(queue -> distinct.put(queue.toString(), queue));
        WorkerBuilder builder = common.worker(kind, List.of(), "");
        distinct.keySet().forEach(queue -> builder.handler(queue, handler));
        return builder.build();
    }

    final void require(boolean there, String flag, String message) {
        if (!there) {
            throw new ParameterException(spec.commandLine(), message, spec.findOption(flag), null);
        }
    }

    final List<Worker> workers() {
        return workers;
    }
}
