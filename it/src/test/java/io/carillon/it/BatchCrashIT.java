package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.BatchCalls;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Launched;
import io.carillon.it.support.Server;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

    /** So long are results in which the writing of files takes a while. */
    private static final String LONG = "x".repeat(8_000);

    /** When the server dies. */
    enum Phase {
        /** Just after the batch was created. */
        VALIDATING(batch -> true),
        /** Within the split, or a moment after it. */
        SPLITTING(batch -> batch.at("/request_counts/total").intValue() > 0),
        /** When about half of the lines have ended. */
        RUNNING(batch -> batch.at("/request_counts/completed").intValue() > LINES / 2),
        /** While the files are being written. */
        FINALIZING(batch -> List.of("finalizing", "completed").contains(BatchCalls.status(batch))),
        /** While thousands of lines that wait are withdrawn. */
        CANCELLING(batch -> BatchCalls.status(batch).equals("cancelling"));

        private final Predicate<JsonNode> reached;

        Phase(Predicate<JsonNode> reached) {
            this.reached = reached;
        }

        boolean needsWorkers() {
            return this == RUNNING || this == FINALIZING;
        }

        String end() {
            return this == CANCELLING ? "cancelled" : "completed";
        }

        String result(int number) {
            String done = BatchCalls.done(number);
            return this == FINALIZING ? done.replace("{\"n\"", "{\"text\":\"" + LONG + "\",\"n\"") : done;
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
        Thread workers = new Thread(() -> workUntilItDies(calls, queue, phase), "workers");
        workers.setDaemon(true);
        if (phase.needsWorkers()) {
            workers.start();
        }
        int done = LINES;
        if (phase == Phase.CANCELLING) {
            done = Eventually.get(PATIENCE, () -> calls.work(queue, 200, phase::result), some -> some > 0);
            server.post("/v1/batches/" + id + "/cancel").expect(200);
        }
        Eventually.get(PATIENCE, () -> calls.batch(id), phase.reached);
        carillon.kill("server");
        long died = Instant.now().getEpochSecond();
        workers.join(PATIENCE.toMillis());
        carillon.exitCode(Duration.ofSeconds(30));
        carillon.close();
        start();

        BatchCalls after = new BatchCalls(carillon.server());
        int[] taken = {0};
        JsonNode batch = Eventually.get(
                PATIENCE,
                () -> {
                    taken[0] += after.work(queue, 500, phase::result);
                    return after.batch(id);
                },
                now -> BatchCalls.status(now).equals(phase.end()));

        if (phase == Phase.FINALIZING || phase == Phase.CANCELLING) {
            assertThat(taken[0]).isZero();
            assertThat(batch.path(phase.name().toLowerCase(Locale.ROOT) + "_at").longValue())
                    .isLessThanOrEqualTo(died);
            assertThat(batch.path(phase.end() + "_at").longValue())
                    .as("it died before the end")
                    .isGreaterThan(died);
        }
        assertWhole(after, batch, done);
    }

    private static void assertWhole(BatchCalls calls, JsonNode batch, int done) {
        List<JsonNode> output = calls.lines(batch, "output_file_id");
        List<JsonNode> errors = calls.lines(batch, "error_file_id");
        assertThat(output).hasSize(done);
        assertThat(errors).hasSize(LINES - done);
        output.forEach(
                line -> assertThat(line.at("/response/body/n").intValue()).isEqualTo(number(line)));
        errors.forEach(line -> assertThat(line.at("/error/code").textValue()).isEqualTo("batch_cancelled"));
        assertThat(Stream.concat(output.stream(), errors.stream())
                        .map(BatchCrashIT::number)
                        .sorted())
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, LINES).boxed().toList());
        assertThat(batch.at("/request_counts/completed").intValue()).isEqualTo(done);
        assertThat(batch.at("/request_counts/failed").intValue()).isZero();
        assertThat(batch.at("/request_counts/total").intValue()).isEqualTo(LINES);
    }

    private static int number(JsonNode line) {
        return Integer.parseInt(line.required("custom_id").textValue().substring(1));
    }

    private static void workUntilItDies(BatchCalls calls, String queue, Phase phase) {
        try {
            while (!Thread.interrupted()) {
                calls.work(queue, 200, phase::result);
            }
        } catch (AssertionError gone) {
            // Tasks that it had taken come again when their lease is lost.
        }
    }
}
