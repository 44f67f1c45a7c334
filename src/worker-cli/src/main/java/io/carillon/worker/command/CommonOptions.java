package io.carillon.worker.command;

import io.carillon.worker.QueueShare;
import io.carillon.worker.Strategy;
import io.carillon.worker.Worker;
import io.carillon.worker.WorkerBuilder;
import io.carillon.worker.WorkerProperties;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The flags that all commands have. */
final class CommonOptions {
    @Option(
            names = "--server",
            paramLabel = "URL",
            defaultValue = "http://localhost:8080",
            description = "Where Carillon answers (CARILLON_URL). Default: ${DEFAULT-VALUE}")
    String server;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "An API key with the role worker (CARILLON_KEY). Better in the environment or the file:"
                    + " everybody on this machine can read flags")
    String key;

    @Option(
            names = {"-q", "--queue"},
            paramLabel = "NAME[:LEVEL][=WEIGHT]",
            split = ",",
            converter = QueueConverter.class,
            description = "A queue to take from; may be repeated. All levels, online first, when none is named."
                    + " A queue of weight 3 comes before one of weight 1 three times out of four")
    List<QueueShare> queues = new ArrayList<>();

    @Option(
            names = "--strategy",
            paramLabel = "NAME",
            defaultValue = "active_passive",
            converter = StrategyConverter.class,
            description =
                    "fifo (the oldest of all queues), round_robin, active_passive (the first queue that has any) or"
                            + " sequential (one of each queue at a time). Default: ${DEFAULT-VALUE}")
    Strategy strategy;

    @Option(
            names = {"-c", "--concurrency"},
            paramLabel = "N",
            defaultValue = "1",
            description = "Tasks at once. Default: ${DEFAULT-VALUE}")
    int concurrency;

    @Option(
            names = "--worker-id",
            paramLabel = "ID",
            description = "The name under which the server knows this worker. Default: host, process, and a few digits")
    String workerId;

    @Option(
            names = "--max-runs",
            paramLabel = "N",
            defaultValue = "0",
            description = "End after so many tasks, well or not; 0 for never. Default: ${DEFAULT-VALUE}")
    long maxRuns;

    @Option(
            names = "--max-consecutive-errors",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "End with exit code 3 after so many errors in a row: takes that failed (each is tried five times"
                            + " first), or failed attempts; 0 for never. Default: ${DEFAULT-VALUE}")
    int maxConsecutiveErrors;

    @Option(
            names = "--shutdown-timeout",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How long tasks may finish after SIGTERM, before they are handed back unharmed."
                    + " Default: ${DEFAULT-VALUE}")
    Duration shutdownTimeout;

    @Option(
            names = "--lease",
            paramLabel = "TIME",
            defaultValue = "60s",
            converter = DurationConverter.class,
            description = "How soon after this worker is killed its tasks go to another. Default: ${DEFAULT-VALUE}")
    Duration lease;

    @Option(
            names = "--wait-for-server",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How long the server may take to answer for the first time. Default: ${DEFAULT-VALUE}")
    Duration waitForServer;

    @Option(
            names = "--event-bus",
            description = "Send results and progress of waiting callers straight to Redis instead of over HTTP")
    boolean eventBus;

    @Option(
            names = "--health-port",
            paramLabel = "PORT",
            description = "Answer probes on this port: /health/live, /health/ready, /stats, /metrics. Default: none")
    Integer healthPort;

    @Option(
            names = "--health-bind",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "The address for that. Default: ${DEFAULT-VALUE}")
    String healthBind;

    @Option(
            names = "--log-format",
            paramLabel = "plain|json",
            defaultValue = "plain",
            description = "The form of the log on standard error. Default: ${DEFAULT-VALUE}")
    Log.Format logFormat;

    @Option(names = "--debug", description = "Log more")
    boolean debug;

    @Option(names = "--config", paramLabel = "FILE", description = "A YAML file with flags (CARILLON_WORKER_CONFIG)")
    Path config;

    @Option(names = "--validate", description = "Check the configuration, say so, and end; asks nobody")
    boolean validate;

    /** A worker as the flags say, without what does the work. A wrong value is told with its flag. */
    WorkerBuilder worker(String kind, Flags flags) {
        WorkerBuilder builder = Worker.builder().kind(kind).strategy(strategy).eventBus(eventBus);
        flags.set("--server", () -> builder.server(server));
        flags.set("--key", () -> builder.key(key));
        flags.set("--concurrency", () -> builder.concurrency(concurrency));
        flags.set("--max-runs", () -> builder.maxRuns(maxRuns));
        flags.set("--max-consecutive-errors", () -> builder.maxConsecutiveErrors(maxConsecutiveErrors));
        flags.set("--shutdown-timeout", () -> builder.shutdownTimeout(shutdownTimeout));
        flags.set("--lease", () -> builder.lease(lease));
        if (workerId != null) {
            flags.set("--worker-id", () -> builder.workerId(workerId));
        }
        return builder;
    }

    /** Knows which flag a wrong value belongs to. */
    interface Flags {
        /** @throws picocli.CommandLine.ParameterException when the setting throws an {@link IllegalArgumentException} */
        void set(String flag, Runnable setting);
    }

    static final class QueueConverter implements ITypeConverter<QueueShare> {
        @Override
        public QueueShare convert(String text) {
            try {
                return QueueShare.of(text);
            } catch (IllegalArgumentException none) {
                throw new TypeConversionException(none.getMessage());
            }
        }
    }

    static final class StrategyConverter implements ITypeConverter<Strategy> {
        @Override
        public Strategy convert(String text) {
            try {
                return Strategy.of(text);
            } catch (IllegalArgumentException none) {
                throw new TypeConversionException(none.getMessage());
            }
        }
    }

    /** Reads what {@link WorkerProperties#duration} reads. */
    static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return WorkerProperties.duration(text);
            } catch (IllegalArgumentException none) {
                throw new TypeConversionException(none.getMessage());
            }
        }
    }
}
