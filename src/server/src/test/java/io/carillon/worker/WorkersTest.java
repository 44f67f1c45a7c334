package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WorkersTest {
    private static Database database;

    private final Workers workers = new Workers(database);
    private final Workers elsewhere = new Workers(database);

    @BeforeAll
    static void migrate() {
        DataSource source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure().dataSource(source).load().migrate();
        database = new Database(source);
    }

    @BeforeEach
    void clear() {
        database.transaction(connection -> connection.createStatement().executeUpdate("DELETE FROM worker"));
    }

    private static WorkerReport run(long started, String state, int running) {
        return new WorkerReport(
                "host", 1, "echo", "1", "Java 17", List.of("q"), 4, running, state, started, 9, 8, 1, 0, 0, 0, 90, "e");
    }

    @Test
    void whatAWorkerSaysIsSeenFromEverywhere() {
        workers.heard("b", "ck_1", false, run(5, "running", 2));
        workers.heard("a", "ck_2", false, null);
        workers.runOnce();

        assertThat(elsewhere.list(10, null)).extracting(SeenWorker::id).containsExactly("a", "b");
        assertThat(elsewhere.list(10, "a")).extracting(SeenWorker::id).containsExactly("b");
        SeenWorker b = elsewhere.get("b");
        assertThat(b.report()).contains(run(5, "running", 2));
        assertThat(b.status()).isEqualTo(SeenWorker.Status.ACTIVE);
        assertThat(b.keyId()).isEqualTo("ck_1");
        assertThat(elsewhere.get("a").status()).isEqualTo(SeenWorker.Status.IDLE);
        assertThatThrownBy(() -> elsewhere.get("c")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> elsewhere.drain("c")).isInstanceOf(Refused.class);
    }

    @Test
    void aDrainReachesTheRunThatWasAskedAndNoLaterOne() {
        workers.heard("w", "k", false, run(5, "running", 0));
        workers.runOnce();

        assertThat(elsewhere.drain("w").status()).isEqualTo(SeenWorker.Status.DRAINING);
        assertThat(elsewhere.heard("w", "k", false, run(5, "running", 0))).isTrue();
        workers.heard("w", "k", false, run(5, "running", 0));
        workers.runOnce();
        assertThat(workers.heard("w", "k", false, run(5, "draining", 0))).isTrue();

        assertThat(workers.heard("w", "k", false, run(6, "running", 0))).isFalse();
        workers.runOnce();
        assertThat(workers.get("w").status()).isEqualTo(SeenWorker.Status.IDLE);
        assertThat(workers.heard("w", "k", false, run(5, "running", 0))).isFalse();
    }

    @Test
    void aNameIsItsKeysWhileTheWorkerLives() {
        workers.heard("w", "owner", false, run(5, "running", 2));
        workers.runOnce();
        elsewhere.drain("w");

        workers.heard("w", "other", false, run(7, "ended", 0));
        workers.heard("w", "owner", false, run(5, "draining", 1));
        workers.runOnce();
        SeenWorker seen = workers.get("w");
        assertThat(seen.keyId()).isEqualTo("owner");
        assertThat(seen.report()).contains(run(5, "draining", 1));
        assertThat(seen.status()).as("it drains yet").isEqualTo(SeenWorker.Status.DRAINING);

        workers.heard("w", "admin", true, run(8, "running", 0));
        workers.runOnce();
        assertThat(workers.get("w").keyId()).isEqualTo("admin");
        assertThat(workers.get("w").status()).isEqualTo(SeenWorker.Status.IDLE);

        database.transaction(connection ->
                connection.createStatement().executeUpdate("UPDATE worker SET last_seen = last_seen - 31000"));
        workers.heard("w", "next", false, run(9, "ended", 0));
        workers.runOnce();
        assertThat(workers.get("w").keyId()).as("the last was silent").isEqualTo("next");
        workers.heard("w", "last", false, run(10, "running", 1));
        workers.runOnce();
        assertThat(workers.get("w").keyId()).as("the last had ended").isEqualTo("last");
        assertThat(workers.get("w").report()).contains(run(10, "running", 1));
    }

    @Test
    void whoIsSilentIsOfflineAndAfterAWeekForgotten() {
        for (String id : List.of("silent", "old", "gone")) {
            workers.heard(id, "k", false, run(5, id.equals("gone") ? "ended" : "running", 1));
        }
        workers.runOnce();
        database.transaction(connection -> connection
                .createStatement()
                .executeUpdate("UPDATE worker SET last_seen = last_seen - IF(id = 'old', 700000000, 31000)"));

        assertThat(workers.get("silent").status()).isEqualTo(SeenWorker.Status.OFFLINE);
        assertThat(workers.get("silent").isAlive()).isFalse();
        assertThat(workers.get("gone").status()).isEqualTo(SeenWorker.Status.ENDED);
        assertThat(database.<Integer>transaction(connection -> Workers.deleteForgotten(connection, 10)))
                .isEqualTo(1);
        assertThat(workers.list(10, null)).extracting(SeenWorker::id).containsExactly("gone", "silent");
    }
}
