package io.carillon.it.torture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Server;
import io.carillon.standalone.Standalone;
import io.carillon.stores.RedisConnection;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Nothing that was acknowledged is lost, whatever dies. Each kind of death happens once; with {@code
 * -Dcarillon.torture.minutes=10} they go on at random for so long. {@code -Dcarillon.torture.seed} repeats a run's
 * decisions.
 */
@Isolated
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class TortureIT {
    private static final Path DIRECTORY = Path.of("target", "torture").toAbsolutePath();
    private static final int TASKS = Integer.getInteger("carillon.torture.tasks", 10_000);
    private static final int MINUTES = Integer.getInteger("carillon.torture.minutes", 0);

    private final Ledger ledger = new Ledger();
    private final Receiver receiver = new Receiver(ledger);
    private Standalone a;
    private Standalone b;

    /** How a task stands in MariaDB at the end. */
    private record Row(String state, String result, int attempt, int lost, int failures, long started) {}

    @BeforeEach
    void start() {
        a = server("a").start();
        b = server("b").sharing(a).start();
    }

    private static Standalone.Builder server(String name) {
        return Standalone.builder()
                .dataDirectory(DIRECTORY.resolve(name))
                .env("CARILLON_CALLBACK_ALLOW_PRIVATE", "true")
                .env("CARILLON_WINDOW_TASKS", "500")
                .env("CARILLON_JAVA_OPTS", "-Xmx1g -XX:TieredStopAtLevel=1");
    }

    @AfterEach
    void stop() {
        b.stop();
        a.stop();
        receiver.close();
    }

    @Test
    void nothingThatWasAcknowledgedIsLost() throws Exception {
        long seed = Long.getLong("carillon.torture.seed", System.nanoTime() & 0xffff_ffffL);
        System.out.println("Torture with seed " + seed);
        Random random = new Random(seed);
        List<Server> servers = List.of(new Server(a.url(), a.adminKey()), new Server(b.url(), a.adminKey()));
        String queue = servers.get(0).newQueue();
        String probe = servers.get(0).newQueue();
        servers.get(0)
                .patch("/v1/queues/" + queue, "{\"max_attempts\":-1,\"max_lost_leases\":-1}")
                .expect(200);
        Producers producers = new Producers(ledger, servers, queue, receiver.url(), Duration.ofMillis(30), random);
        Workers workers = new Workers(ledger, servers, queue, random);
        Chaos chaos = new Chaos(a, b, servers, probe, random);

        strike(chaos, random);

        producers.hurry();
        Eventually.get(Duration.ofMinutes(5), ledger::acknowledged, count -> count >= TASKS);
        producers.stop();
        workers.calmDown();
        Map<String, Row> rows = awaitEnd(servers.get(0), queue);
        workers.stop();

        assertThat(workers.surprises()).isEmpty();
        everyTaskEndedOnceWithOneResult(rows);
        everyCallbackCame(rows);
        theOrderHolds(rows);
        nothingIsLeft(servers.get(0), queue);
        System.out.printf(
                "%d tasks were acknowledged and ended, %d more ended that nobody was told of%n",
                ledger.acknowledged(), rows.size() - ledger.acknowledged());
    }

    private static void strike(Chaos chaos, Random random) {
        List<Chaos.Kind> kinds = new ArrayList<>(List.of(Chaos.Kind.values()));
        Collections.shuffle(kinds, random);
        kinds.forEach(chaos::strike);
        long end = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
        while (System.nanoTime() < end) {
            chaos.strike(Chaos.Kind.values()[random.nextInt(Chaos.Kind.values().length)]);
        }
    }

    private Map<String, Row> awaitEnd(Server server, String queue) {
        return Eventually.get(Duration.ofMinutes(5), () -> rows(queue), rows -> rows.values().stream()
                .allMatch(row -> row.state().equals("succeeded")));
    }

    private Map<String, Row> rows(String queue) {
        Map<String, Row> rows = new HashMap<>();
        try (Connection connection = a.mariaDb().connect();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT t.id, state, result, attempt, lost, failures, COALESCE(started, 0) FROM task t"
                                + " JOIN queue q ON q.id = t.queue WHERE q.name = ?")) {
            select.setString(1, queue);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    rows.put(
                            row.getString(1),
                            new Row(
                                    row.getString(2),
                                    row.getString(3),
                                    row.getInt(4),
                                    row.getInt(5),
                                    row.getInt(6),
                                    row.getLong(7)));
                }
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return rows;
    }

    private void everyTaskEndedOnceWithOneResult(Map<String, Row> rows) {
        ledger.puts().values().forEach(ids -> assertThat(rows.keySet()).containsAll(ids));
        rows.forEach((id, row) -> assertThat(ledger.results(id))
                .as("results of %s that were accepted", id)
                .hasSizeLessThanOrEqualTo(1)
                .allSatisfy(result -> assertThat(row.result()).isEqualTo(result)));
    }

    private void everyCallbackCame(Map<String, Row> rows) {
        Eventually.passes(
                Duration.ofMinutes(2),
                () -> rows.forEach((id, row) -> assertThat(ledger.callbacks(id))
                        .as("callbacks of %s", id)
                        .containsExactly(row.result())));
    }

    /** What a producer put later was not taken earlier, if neither was ever handed back. */
    private void theOrderHolds(Map<String, Row> rows) {
        ledger.puts().forEach((producer, ids) -> {
            String before = null;
            for (String id : ids) {
                Row row = rows.get(id);
                boolean smooth = row.attempt() == 1
                        && row.lost() == 0
                        && row.failures() == 0
                        && row.started() > 0
                        && !ledger.wasHandedBack(id);
                if (smooth) {
                    if (before != null) {
                        assertThat(row.started())
                                .as("start of %s, which %s put after %s", id, producer, before)
                                .isGreaterThanOrEqualTo(rows.get(before).started());
                    }
                    before = id;
                }
            }
        });
    }

    private void nothingIsLeft(Server server, String queue) throws Exception {
        int number = number(queue);
        Eventually.passes(Duration.ofSeconds(60), () -> {
            try (RedisConnection redis = a.redis().connect()) {
                String prefix = "carillon:{" + number + "}:";
                TreeSet<String> left = new TreeSet<>();
                for (String key : redis.command(
                                "EVAL", "return table.concat(redis.call('KEYS', ARGV[1]), ' ')", "0", prefix + "*")
                        .split(" ")) {
                    left.add(key.substring(Math.min(key.length(), prefix.length())));
                }
                left.removeIf(key -> key.startsWith("epoch") || key.startsWith("wanted:"));
                assertThat(left).isSubsetOf("accepted", "counts", "opened", "settings", "window");
            }
        });
        Eventually.passes(Duration.ofSeconds(60), () -> {
            JsonNode counts =
                    server.get("/v1/queues/" + queue).expect(200).json().path("counts");
            for (String state : List.of("waiting", "running", "scheduled")) {
                assertThat(counts.path(state).asLong()).as(state).isZero();
            }
        });
        try (Connection connection = a.mariaDb().connect();
                ResultSet owed = connection
                        .createStatement()
                        .executeQuery("SELECT COUNT(*) FROM callback WHERE state <> 'delivered'")) {
            owed.next();
            assertThat(owed.getInt(1)).as("callbacks that are still owed").isZero();
        }
    }

    private int number(String queue) throws Exception {
        try (Connection connection = a.mariaDb().connect();
                PreparedStatement select = connection.prepareStatement("SELECT id FROM queue WHERE name = ?")) {
            select.setString(1, queue);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }
}
