package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void whatIsMissingIsNamed() {
        assertThat(run(Map.of(), "echo", "-q", "a")).isEqualTo(2);
        assertThat(err.toString()).contains("CARILLON_KEY");
        assertThat(run(Map.of("CARILLON_KEY", "k"), "exec", "-q", "a")).isEqualTo(2);
        assertThat(err.toString()).contains("A program is needed");
        assertThat(run(Map.of())).isEqualTo(2);
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out.toString()).contains("carillon-worker ");
    }
}
