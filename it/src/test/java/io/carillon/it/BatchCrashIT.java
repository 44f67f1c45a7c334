package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.BatchCalls;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Launched;
import io.carillon.it.support.Server;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kills the server at each phase of a batch and starts it again; then output plus errors equal the input. The system property
 * {@code carillon.batch.kills} says how often each phase is tried, once unless it is set.
 */
@Isolated("it kills servers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BatchCrashIT {
    private static final int LINES = 5_000;
    private static final int KILLS = Integer.getInteger("carillon.batch.kills", 1);
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Path DIRECTORY = Path.of("target", "batch-crash").toAbsolutePath();

    private Launched carillon;

    /** When the server dies. */
    enum Phase {
        /** Just after the batch was created. */
        VALIDATING(batch -> true),
        /** Within the split, or a moment after it. */
        SPLITTING(batch -> batch.at("/request_counts/total").intValue() > 0),
        /** When about half of the lines have ended. */
        RUNNING(batch -> batch.at("/request_counts/completed").intValue() > LINES / 2),
        /** When the last results are in, or the files are being written. */
        FINALIZING(batch -> batch.at("/request_counts/completed").intValue() == LINES);

        private final Predicate<JsonNode> reached;

        Phase(Predicate<JsonNode> reached) {
            this.reached = reached;
        }

        boolean needsWorkers() {
            return this == RUNNING || this == FINALIZING;
        }
    }

    @BeforeAll
    void begin() {
        start();
    }

    private void start() {
        carillon = Launched.start(DIRECTORY, Map.of());
    }

    @AfterAll
    void end() {
        carillon.close();
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    @Timeout(600)
    void outputPlusErrorsEqualTheInput(Phase phase) throws InterruptedException {
        for (int time = 0; time < KILLS; time++) {
            kill(phase);
        }
    }

    private void kill(Phase phase) throws InterruptedException {
        Server server = carillon.server();
        BatchCalls calls = new BatchCalls(server);
        String queue = server.newQueue();
        String id = BatchCalls.id(calls.create(BatchCalls.input(queue, LINES)));
        Thread workers = new Thread(() -> workUntilItDies(calls, queue), "workers");
        workers.setDaemon(true);
        if (phase.needsWorkers()) {
            workers.start();
        }
        Eventually.get(PATIENCE, () -> calls.batch(id), phase.reached);
        carillon.kill("server");
        workers.join(PATIENCE.toMillis());
        carillon.exitCode(Duration.ofSeconds(30));
        carillon.close();
        start();

        BatchCalls after = new BatchCalls(carillon.server());
        JsonNode batch = Eventually.get(
                PATIENCE,
                () -> {
                    after.work(queue, 500, BatchCalls::done);
                    return after.batch(id);
                },
                now -> BatchCalls.status(now).equals("completed"));

        List<JsonNode> output = after.lines(batch, "output_file_id");
        assertThat(after.lines(batch, "error_file_id")).isEmpty();
        assertThat(output).hasSize(LINES);
        TreeSet<String> ids = new TreeSet<>();
        output.forEach(line -> {
            String customId = line.required("custom_id").textValue();
            assertThat(ids.add(customId)).as(customId).isTrue();
            assertThat(line.at("/response/body/n").intValue()).isEqualTo(Integer.parseInt(customId.substring(1)));
        });
        assertThat(ids)
                .isEqualTo(new TreeSet<>(
                        IntStream.rangeClosed(1, LINES).mapToObj(i -> "c" + i).toList()));
        assertThat(batch.at("/request_counts/completed").intValue()).isEqualTo(LINES);
    }

    private static void workUntilItDies(BatchCalls calls, String queue) {
        try {
            while (!Thread.interrupted()) {
                calls.work(queue, 200, BatchCalls::done);
            }
        } catch (AssertionError gone) {
            // Tasks that it had taken come again when their lease is lost.
        }
    }
}
