package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.BatchCalls;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.S3Server;
import io.carillon.it.support.Server;
import io.carillon.it.support.Sql;
import io.carillon.standalone.Standalone;
import io.carillon.stores.Cache;
import io.carillon.stores.Durability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Two servers share their stores and a bucket. One is killed, and the other finishes the batches that it had. */
@Isolated("it kills a server")
class BatchFailoverIT {
    private static final int LINES = 3_000;
    private static final int FAILING = LINES / 100;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path DIRECTORY = Path.of("target", "batch-failover").toAbsolutePath();

    @Test
    @Timeout(value = 4, unit = TimeUnit.MINUTES)
    void whatADeadServerRanAndWhatItWasFinalizingIsFinishedByAnother() throws InterruptedException, IOException {
        Cache.removeTree(DIRECTORY);
        try (S3Server s3 = S3Server.start();
                Standalone first = server("a", s3).start();
                Standalone second = server("b", s3).sharing(first).start()) {
            BatchCalls a = new BatchCalls(new Server(first.url(), first.adminKey()));
            BatchCalls b = new BatchCalls(new Server(second.url(), second.adminKey()));
            String queueOfRunning = a.server().newQueue();
            String queueOfEnding = a.server().newQueue();
            String running = BatchCalls.id(a.create(BatchCalls.input(queueOfRunning, LINES)));
            String ending = BatchCalls.id(a.create(BatchCalls.input(queueOfEnding, LINES)));

            workInTurnUntilOneIsLeft(a, b, queueOfEnding);
            int before = s3.objects();
            s3.fallSilent();
            // who ends the last line finalizes the batch
            assertThat(a.work(queueOfEnding, 1, BatchFailoverIT::result)).isEqualTo(1);
            Eventually.get(PATIENCE, s3::objects, objects -> objects > before);
            assertThat(BatchCalls.status(b.batch(ending))).isEqualTo("finalizing");

            List<Thread> workers = List.of(worker(a, queueOfRunning), worker(b, queueOfRunning));
            b.until(running, batch -> batch.at("/request_counts/completed").intValue() > LINES / 3);
            first.killServer();
            s3.speak();

            b.until(running, BatchFailoverIT::isCompleted);
            b.until(ending, BatchFailoverIT::isCompleted);
            for (Thread worker : workers) {
                worker.interrupt();
                worker.join(PATIENCE.toMillis());
            }
            assertThat(first.serverAlive()).isFalse();
            assertEachLineOnce(b, b.batch(running));
            assertEachLineOnce(b, b.batch(ending));
            JsonNode files = b.server().get("/v1/files").expect(200).json().path("data");
            assertThat(files).hasSize(2 * 3);
            // the file that the dead server had written belongs to nothing; that is known in minutes, which pass here
            // at once
            Sql.execute(first, "UPDATE loose_blob SET due = 0");
            Eventually.get(PATIENCE, s3::objects, objects -> objects == files.size());
        }
    }

    private static Standalone.Builder server(String name, S3Server s3) {
        Standalone.Builder builder = Standalone.builder()
                .dataDirectory(DIRECTORY.resolve(name))
                .durability(Durability.RELAXED)
                .env("CARILLON_JAVA_OPTS", "-Xmx512m -XX:TieredStopAtLevel=1");
        s3.environment().forEach(builder::env);
        return builder;
    }

    private static void workInTurnUntilOneIsLeft(BatchCalls a, BatchCalls b, String queue) {
        int done = 0;
        for (boolean turn = true; done < LINES - 1; turn = !turn) {
            done += (turn ? a : b).work(queue, Math.min(200, LINES - 1 - done), BatchFailoverIT::result);
        }
    }

    /** Works until its server is gone. Tasks that it has then come again when their lease is over. */
    private static Thread worker(BatchCalls calls, String queue) {
        Thread worker = new Thread(
                () -> {
                    try {
                        while (!Thread.interrupted()) {
                            calls.work(queue, 50, BatchFailoverIT::result);
                        }
                    } catch (AssertionError gone) {
                        // as it shall be with one of two
                    }
                },
                "worker at " + calls.server());
        worker.setDaemon(true);
        worker.start();
        return worker;
    }

    private static String result(int number) {
        return fails(number)
                ? "{\"status_code\":422,\"body\":{\"error\":{\"message\":\"no\"}}}"
                : BatchCalls.done(number);
    }

    private static boolean fails(int number) {
        return number % (LINES / FAILING) == 0;
    }

    private static boolean isCompleted(JsonNode batch) {
        return BatchCalls.status(batch).equals("completed");
    }

    private static void assertEachLineOnce(BatchCalls calls, JsonNode batch) {
        List<String> output = customIds(calls, batch, "output_file_id");
        List<String> errors = customIds(calls, batch, "error_file_id");
        assertThat(output).containsExactlyInAnyOrderElementsOf(numbers(false));
        assertThat(errors).containsExactlyInAnyOrderElementsOf(numbers(true));
        JsonNode counts = batch.path("request_counts");
        assertThat(counts.path("total").intValue()).isEqualTo(LINES);
        assertThat(counts.path("completed").intValue()).isEqualTo(LINES - FAILING);
        assertThat(counts.path("failed").intValue()).isEqualTo(FAILING);
    }

    private static List<String> numbers(boolean failing) {
        return IntStream.rangeClosed(1, LINES)
                .filter(number -> fails(number) == failing)
                .mapToObj(number -> "c" + number)
                .toList();
    }

    private static List<String> customIds(BatchCalls calls, JsonNode batch, String field) {
        String content = calls.file(batch, field);
        JsonNode file = calls.server()
                .get("/v1/files/" + batch.path(field).textValue())
                .expect(200)
                .json();
        assertThat(content.getBytes(StandardCharsets.UTF_8))
                .hasSize(file.path("bytes").intValue());
        List<String> ids = new ArrayList<>();
        for (JsonNode line : BatchCalls.jsonLines(content)) {
            String id = line.required("custom_id").textValue();
            JsonNode response = line.path("response");
            int number = Integer.parseInt(id.substring(1));
            assertThat(response.path("status_code").intValue()).as(id).isEqualTo(fails(number) ? 422 : 200);
            assertThat(response.at("/body/n").asInt(number)).as(id).isEqualTo(number);
            ids.add(id);
        }
        return ids;
    }
}
