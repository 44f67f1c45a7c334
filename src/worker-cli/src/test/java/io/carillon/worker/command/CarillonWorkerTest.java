package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Where the configuration comes from, and what is said when it is wrong. Nothing here asks a server. */
class CarillonWorkerTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Map<String, String> environment, String... arguments) {
        return CarillonWorker.run(environment, new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private String file(String text) throws IOException {
        return Files.writeString(directory.resolve("worker.yaml"), text).toString();
    }

    @Test
    void everySourceIsReadAndTheNearerOneWins() throws IOException {
        String file = file(
                """
                key: ${SECRET}
                queue: [a, "b:1=2"]
                concurrency: none
                exec:
                  command: [python3, worker.py]
                  timeout: nonsense
                """);

        assertThat(run(
                        Map.of("SECRET", "k", "CARILLON_WORKER_TIMEOUT", "5m"),
                        "exec",
                        "--config",
                        file,
                        "-c",
                        "3",
                        "--validate"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("Configuration is valid");
    }

    @Test
    void aWrongValueIsToldWithItsSource() throws IOException {
        String file = file("concurrency: many\n");

        assertThat(run(Map.of("CARILLON_WORKER_STRATEGY", "best"), "echo", "-q", "a", "--key", "k"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--strategy", "environment variable CARILLON_WORKER_STRATEGY");
        assertThat(run(Map.of(), "echo", "-q", "a", "--key", "k", "--config", file))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--concurrency", "key 'concurrency' of file " + file);
        assertThat(run(Map.of(), "echo", "-q", "a:77", "--key", "k")).isEqualTo(2);
        assertThat(err.toString()).contains("'a:77' is no queue");
        assertThat(run(Map.of(), "echo", "-q", "a", "--key", "k", "--validate", "-c", "0"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("The concurrency is 1 to 10000, not 0");
        assertThat(run(Map.of(), "openai", "-q", "a", "--key", "k", "--upstream", "localhost:1"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--upstream: 'localhost:1' is no http or https address");
    }

    @Test
    void aKeyOfTheFileThatMeansNothingIsRefused() throws IOException {
        assertThat(run(Map.of(), "echo", "--config", file("queues: [a]\n"))).isEqualTo(2);
        assertThat(err.toString()).contains("'queues'");
        assertThat(run(Map.of(), "echo", "--config", directory.resolve("none").toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("cannot be read");
        assertThat(run(Map.of(), "echo", "--config", file("a: [\n"))).isEqualTo(2);
        assertThat(err.toString()).contains("is no YAML");
    }

    @Test
    void whatStandsInABrokenFileIsNotSaid() throws IOException {
        assertThat(run(Map.of("K", "@s3cr3t: x"), "echo", "--config", file("key: ${K}\n")))
                .isEqualTo(2);
        assertThat(err.toString()).contains("is no YAML: line 1").doesNotContain("s3cr3t");
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThat(run(Map.of(), "echo", "-q", "a")).isEqualTo(2);
        assertThat(err.toString()).contains("CARILLON_KEY");
        assertThat(run(Map.of("CARILLON_KEY", "k"), "exec", "-q", "a")).isEqualTo(2);
        assertThat(err.toString()).contains("A program is needed");
        assertThat(run(Map.of())).isEqualTo(2);
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out.toString()).contains("carillon-worker ");
    }

    @ParameterizedTest
    @CsvSource({
        "concurrency, 0, --concurrency, CONCURRENCY",
        "lease, 0s, --lease, LEASE",
        "max-runs, -1, --max-runs, MAX_RUNS",
        "max-consecutive-errors, -1, --max-consecutive-errors, MAX_CONSECUTIVE_ERRORS",
        "worker-id, '  ', --worker-id, ID",
        "health-port, 70000, --health-port, HEALTH_PORT",
        "server, localhost, --server, ''",
        "queue, a:77, --queue, QUEUE",
        "log-format, xml, --log-format, LOG_FORMAT",
        "max-line, 0, --max-line, MAX_LINE",
        "memory, lots, --memory, MEMORY",
        "startup-timeout, 0s, --startup-timeout, STARTUP_TIMEOUT",
        "timeout, soon, --timeout, TIMEOUT",
        "directory, /no/such/place, --directory, DIRECTORY",
        "mode, twice, --mode, MODE",
        "restart, perhaps, --restart, RESTART",
        "restart-max, 0, --restart-max, RESTART_MAX",
        "restart-delay, x, --restart-delay, RESTART_DELAY",
        "restart-factor, 0.5, --restart-factor, RESTART_FACTOR",
    })
    void eachWrongValueIsToldWithItsSource(String key, String value, String flag, String variable) throws IOException {
        String ending = variable.isEmpty() ? "CARILLON_URL" : "CARILLON_WORKER_" + variable;
        List<String> command = new ArrayList<>(List.of("exec", "--key", "k", "--validate"));
        if (!key.equals("queue")) {
            command.addAll(List.of("-q", "a"));
        }
        command.addAll(List.of("--", "true"));
        Map<String, String> fromEnvironment = Map.of(ending, value);

        assertThat(run(fromEnvironment, command.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.toString()).contains(flag, "(from environment variable " + ending + ")");

        String file = file("exec:\n  " + key + ": '" + value + "'\n");
        assertThat(run(Map.of("CARILLON_WORKER_CONFIG", file), command.toArray(String[]::new)))
                .isEqualTo(2);
        assertThat(err.toString()).contains("(from key 'exec." + key + "' of file " + file + ", line 2)");

        command.addAll(1, List.of(flag + "=" + value));
        assertThat(run(fromEnvironment, command.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.toString()).contains("(from the command line)");
    }

    @ParameterizedTest
    @CsvSource({
        "'retries: -1', --retries, 'key ''retries'' of file '",
        "'header: [nothing]', --header, 'key ''header'' of file '",
        "'timeout: 0s', --timeout, 'key ''timeout'' of file '",
        "'upstream: x', --upstream, 'key ''upstream'' of file '",
    })
    void wrongValuesForAnUpstreamAreToldWithTheirSource(String line, String flag, String source) throws IOException {
        String other = line.startsWith("upstream") ? "" : "upstream: http://localhost:1/v1\n";
        String file = file(other + line + "\n");

        assertThat(run(Map.of(), "openai", "-q", "a", "--key", "k", "--validate", "--config", file))
                .isEqualTo(2);
        assertThat(err.toString()).contains(flag, source, file + ", line " + (other.isEmpty() ? 1 : 2));
    }

    @ParameterizedTest
    @CsvSource({
        "'exec: {tiemout: 5m}', 'exec.tiemout'",
        "'echo: {timeout: 5m}', 'echo.timeout'",
        "'recovery: {retries: 5}', 'recovery.retries'",
        "'exec: {recovery: {max: 5}}', 'exec.recovery.max'",
        "'exec: fast', 'exec'",
        "'recovery: 5', 'recovery'",
        "'concurrency: [1, 2]', 'concurrency'",
        "'concurrency: {a: 1}', 'concurrency'",
        "'queue: [{a: 1}]', 'queue'",
        "'exec: {command: [{a: 1}]}', 'exec.command'",
        "'exec: {command: worker}', 'exec.command'",
    })
    void aKeyThatMeansNothingAndAValueOfAnotherShapeAreRefusedWithTheirPlace(String text, String key)
            throws IOException {
        String file = file("key: k\n" + text + "\n");
        List<String> command = new ArrayList<>(List.of("exec", "--config", file, "--validate"));
        if (!text.startsWith("queue")) {
            command.addAll(List.of("-q", "a"));
        }
        if (!key.equals("exec.command")) {
            command.addAll(List.of("--", "true"));
        }

        assertThat(run(Map.of(), command.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.toString()).contains("'" + key + "'", file, "line 2");
    }

    @Test
    void aKeyThatIsThereTwiceIsRefused() throws IOException {
        assertThat(run(Map.of(), "echo", "--config", file("key: a\nkey: b\n"))).isEqualTo(2);
        assertThat(err.toString()).contains("line 2", "key");
    }

    private Restarts.Policy policy(Map<String, String> environment, String... arguments) {
        CommandLine line = new CommandLine(new CarillonWorker());
        line.setDefaultValueProvider(Sources.of(environment, directory.resolve("worker.yaml")));
        ExecCommand exec = line.getSubcommands().get("exec").getCommand();
        line.parseArgs(arguments);
        return exec.restarts.policy();
    }

    @Test
    void restartsAreConfiguredAlsoByTheNamesOfRunqy() throws IOException {
        file(
                """
                recovery:
                  enabled: false
                  max_restarts: 7
                  initial_delay: 2s
                  max_delay: 1m
                exec:
                  recovery:
                    backoff_factor: 1.5
                    cooldown_period: 1h
                """);

        assertThat(policy(Map.of(), "exec"))
                .isEqualTo(new Restarts.Policy(
                        false, 7, Duration.ofSeconds(2), Duration.ofMinutes(1), 1.5, Duration.ofHours(1)));
        assertThat(policy(
                        Map.of(
                                "RUNQY_RECOVERY_ENABLED", "true",
                                "RUNQY_RECOVERY_MAX_RESTARTS", "8",
                                "RUNQY_RECOVERY_INITIAL_DELAY", "3s",
                                "RUNQY_RECOVERY_MAX_DELAY", "4s",
                                "RUNQY_RECOVERY_COOLDOWN", "5s",
                                "CARILLON_WORKER_RESTART_MAX_DELAY", "6s"),
                        "exec",
                        "--restart-delay",
                        "9s"))
                .isEqualTo(new Restarts.Policy(
                        true, 8, Duration.ofSeconds(9), Duration.ofSeconds(6), 1.5, Duration.ofSeconds(5)));
        file("");
        assertThat(policy(Map.of(), "exec", "--no-restart"))
                .isEqualTo(new Restarts.Policy(
                        false, 5, Duration.ofSeconds(1), Duration.ofMinutes(5), 2, Duration.ofMinutes(10)));
        assertThat(policy(Map.of(), "exec", "--restart").enabled()).isTrue();
    }
}
