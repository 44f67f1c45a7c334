package io.carillon.worker.command;

import io.carillon.worker.Result;
import io.carillon.worker.Worker;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "echo",
        description = "Answers each task with its own data, for trying out and for load tests.%n",
        sortOptions = false)
final class EchoCommand extends WorkCommand {
    private static final int OK = 200;

    @Option(
            names = "--delay",
            paramLabel = "TIME",
            defaultValue = "0s",
            converter = CommonOptions.DurationConverter.class,
            description = "How long each answer takes. Default: ${DEFAULT-VALUE}")
    Duration delay;

    @Override
    void check() {}

    @Override
    List<Worker> build() {
        return List.of(worker("echo", task -> {
            if (!delay.isZero()) {
                Thread.sleep(delay.toMillis());
            }
            return Result.ofJson(OK, task.getPayload());
        }));
    }
}
