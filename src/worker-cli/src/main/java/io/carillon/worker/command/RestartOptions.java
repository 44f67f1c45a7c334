package io.carillon.worker.command;

import java.time.Duration;
import picocli.CommandLine.Option;

/** When a process that died is started again: runqy's {@code recovery}, whose names in the file and the environment count too. */
final class RestartOptions {
    @Option(
            names = "--restart",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Start a long_running process again when it has died; --no-restart ends the worker with exit"
                    + " code 4 instead (recovery.enabled, RUNQY_RECOVERY_ENABLED). Default: ${DEFAULT-VALUE}")
    boolean enabled;

    @Option(
            names = "--restart-max",
            paramLabel = "N",
            defaultValue = "5",
            description = "End with exit code 4 when it died so often in a row (recovery.max_restarts,"
                    + " RUNQY_RECOVERY_MAX_RESTARTS). Default: ${DEFAULT-VALUE}")
    int deaths;

    @Option(
            names = "--restart-delay",
            paramLabel = "TIME",
            defaultValue = "1s",
            converter = CommonOptions.DurationConverter.class,
            description = "The pause before it starts again after its first death (recovery.initial_delay,"
                    + " RUNQY_RECOVERY_INITIAL_DELAY). Default: ${DEFAULT-VALUE}")
    Duration first;

    @Option(
            names = "--restart-max-delay",
            paramLabel = "TIME",
            defaultValue = "5m",
            converter = CommonOptions.DurationConverter.class,
            description =
                    "The longest pause (recovery.max_delay, RUNQY_RECOVERY_MAX_DELAY)." + " Default: ${DEFAULT-VALUE}")
    Duration longest;

    @Option(
            names = "--restart-factor",
            paramLabel = "N",
            defaultValue = "2",
            description = "By how much each pause is longer than the one before (recovery.backoff_factor)."
                    + " Default: ${DEFAULT-VALUE}")
    double factor;

    @Option(
            names = "--restart-cooldown",
            paramLabel = "TIME",
            defaultValue = "10m",
            converter = CommonOptions.DurationConverter.class,
            description = "How long it must run well for its deaths to be forgotten (recovery.cooldown_period,"
                    + " RUNQY_RECOVERY_COOLDOWN). Default: ${DEFAULT-VALUE}")
    Duration cooldown;

    void check(WorkCommand command) {
        command.require(deaths >= 1, "--restart-max", "A number of deaths is 1 or more");
        command.require(factor >= 1 && factor <= 100, "--restart-factor", "A factor is 1 to 100");
    }

    Restarts.Policy policy() {
        return new Restarts.Policy(enabled, deaths, first, longest, factor, cooldown);
    }
}
