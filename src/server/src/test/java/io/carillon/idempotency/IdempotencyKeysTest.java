package io.carillon.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.nio.charset.StandardCharsets;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdempotencyKeysTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String ID = "TASK-12-1-C-261122093258-0001-00000";

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private Database database;
    private IdempotencyKeys keys;
    private IdempotencyKeys onAnotherInstance;

    @BeforeEach
    void migrate() {
        var source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        database = new Database(source);
        keys = keys(DAY, LONG);
        onAnotherInstance = keys(DAY, LONG);
    }

    @AfterEach
    void end() {
        scheduler.shutdownNow();
        executor.shutdownNow();
    }

    private IdempotencyKeys keys(Duration life, Duration hold) {
        return new IdempotencyKeys(database, executor, scheduler, life, hold);
    }

    private static IdempotencyKey key(String text, String body) {
        return IdempotencyKey.of("ck_1", List.of(text), body.getBytes(StandardCharsets.UTF_8))
                .orElseThrow();
    }

    private static Claim claim(IdempotencyKeys keys, IdempotencyKey key, int task) {
        return on(keys.claim(key, ID + task, false));
    }

    private static <T> T on(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Test
    void sameRequestLeadsToTheSameTaskOnEveryInstance() {
        Claim first = claim(keys, key("k", "{}"), 1);
        assertThat(first.turn()).isEqualTo(Claim.Turn.FIRST);
        assertThat(first.taskId()).isEqualTo(ID + 1);
        on(keys.done(first));

        for (IdempotencyKeys instance : List.of(keys, onAnotherInstance)) {
            Claim repeat = claim(instance, key("k", "{}"), 2);
            assertThat(repeat.isRepeat()).isTrue();
            assertThat(repeat.taskId()).isEqualTo(ID + 1);
        }
    }

    @Test
    void otherRequestWithTheKeyIsAConflict() {
        Claim first = claim(keys, key("k", "{}"), 1);
        assertConflict(key("k", "{ }"));
        on(keys.done(first));
        assertConflict(key("k", "{ }"));
    }

    private void assertConflict(IdempotencyKey key) {
        assertThatThrownBy(() -> claim(onAnotherInstance, key, 2)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.reason()).isEqualTo(Reason.CONFLICT);
            assertThat(refused.parameter()).contains("Idempotency-Key");
        });
    }

    @Test
    void sameTextOfAnotherApiKeyIsAnotherKey() {
        on(keys.done(claim(keys, key("k", "{}"), 1)));
        IdempotencyKey others =
                IdempotencyKey.of("ck_2", List.of("k"), new byte[] {1}).orElseThrow();

        assertThat(claim(keys, others, 2).turn()).isEqualTo(Claim.Turn.FIRST);
        assertThat(claim(keys, key("K", "{}"), 3).turn()).isEqualTo(Claim.Turn.FIRST);
    }

    @Test
    void secondWaitsWhileTheFirstIsBeingWritten() {
        Claim first = claim(keys, key("k", "{}"), 1);
        CompletableFuture<Claim> second =
                onAnotherInstance.claim(key("k", "{}"), ID + 2, false).toCompletableFuture();
        waitsFor(() -> rows("SELECT COUNT(*) FROM idempotency_key") == 1);
        assertThat(second).isNotDone();

        on(keys.done(first));

        assertThat(on(second).isRepeat()).isTrue();
        assertThat(on(second).taskId()).isEqualTo(ID + 1);
    }

    @Test
    void refusedPutLeavesNoReservation() {
        Claim first = claim(keys, key("k", "{}"), 1);
        CompletableFuture<Claim> second =
                keys.claim(key("k", "{}"), ID + 2, false).toCompletableFuture();

        on(keys.refused(first));

        assertThat(on(second).turn()).isEqualTo(Claim.Turn.FIRST);
        assertThat(on(second).taskId()).isEqualTo(ID + 2);
        on(keys.refused(on(second)));
        assertThat(rows("SELECT COUNT(*) FROM idempotency_key")).isZero();
        assertThat(claim(keys, key("k", "another"), 3).turn()).isEqualTo(Claim.Turn.FIRST);
    }

    @Test
    void putOfUnknownOutcomeIsDoneAgainWithTheSameId() {
        on(keys.unknown(claim(keys, key("k", "{}"), 1)));

        Claim again = claim(onAnotherInstance, key("k", "{}"), 2);

        assertThat(again.turn()).isEqualTo(Claim.Turn.AGAIN);
        assertThat(again.taskId()).isEqualTo(ID + 1);
        on(keys.unknown(again));
        Claim other = claim(keys, key("k", "another"), 3);
        assertThat(other.turn()).isEqualTo(Claim.Turn.FIRST);
        assertThat(other.taskId()).isEqualTo(ID + 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file-", "upload_"})
    void whatElseHasAKeyIsMadeAgainUnderTheSameIdToo(String kind) {
        on(keys.unknown(on(keys.claim(key("k", "{}"), kind + "1a2b", false))));

        Claim again = on(onAnotherInstance.claim(key("k", "{}"), kind + "3c4d", false));

        assertThat(again.turn()).isEqualTo(Claim.Turn.AGAIN);
        assertThat(again.taskId()).isEqualTo(kind + "1a2b");
    }

    @Test
    void crashBetweenReservationAndPutBlocksTheKeyForSecondsOnly() {
        IdempotencyKeys impatient = keys(DAY, Duration.ofMillis(300));
        Claim dead = claim(impatient, key("k", "{}"), 1);

        Claim again = claim(impatient, key("k", "{}"), 2);

        assertThat(again.turn()).isEqualTo(Claim.Turn.AGAIN);
        assertThat(again.taskId()).isEqualTo(ID + 1);
        // it was only very slow
        on(impatient.refused(dead));
        on(impatient.done(again));
        assertThat(claim(impatient, key("k", "{}"), 3).taskId()).isEqualTo(ID + 1);
    }

    @Test
    void taskThatWouldGoElsewhereNowIsANewOne() {
        on(keys.unknown(claim(keys, key("k", "{}"), 1)));

        Claim rerouted = on(keys.claim(key("k", "{}"), "TASK-13-1-C-261122093258-0001-000002", false));

        assertThat(rerouted.turn()).isEqualTo(Claim.Turn.FIRST);
        assertThat(rerouted.taskId()).startsWith("TASK-13-");
    }

    @Test
    void keyIsFreeWhenItsDayIsOver() {
        IdempotencyKeys brief = keys(Duration.ofMillis(1), LONG);
        on(brief.done(claim(brief, key("k", "{}"), 1)));

        waitsFor(() -> !on(brief.claim(key("k", "another"), ID + 2, true)).isRepeat());
    }

    @Test
    void ofManyAtOnceOneIsFirst() {
        List<CompletableFuture<Claim>> claims = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            IdempotencyKeys instance = i % 2 == 0 ? keys : onAnotherInstance;
            for (String text : List.of("a", "b", "c")) {
                claims.add(instance.claim(key(text, "{}"), ID + i % 10, true).toCompletableFuture());
            }
        }

        List<Claim> all = claims.stream().map(IdempotencyKeysTest::on).toList();

        assertThat(all.stream().filter(claim -> !claim.isRepeat())).hasSize(3);
        for (String text : List.of("a", "b", "c")) {
            assertThat(all.stream()
                            .filter(claim -> claim.key().text().equals(text))
                            .map(Claim::taskId)
                            .distinct())
                    .hasSize(1);
        }
    }

    @Test
    void oldKeysAreRemovedAFewAtATime() {
        IdempotencyKeys brief = keys(Duration.ZERO, LONG);
        for (int i = 0; i < 5; i++) {
            claim(brief, key("k" + i, "{}"), i);
        }
        claim(keys, key("young", "{}"), 6);

        assertThat(deleted(3)).isEqualTo(3);
        assertThat(deleted(3)).isEqualTo(2);
        assertThat(rows("SELECT COUNT(*) FROM idempotency_key")).isEqualTo(1);
    }

    private int deleted(int most) {
        return database.transaction(connection -> IdempotencyKeys.deleteExpired(connection, most));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\u00fc", "a\tb", "a\u007f"})
    void keyThatIsNoPrintableTextIsRefused(String text) {
        assertInvalid(List.of(text));
    }

    @Test
    void keyThatIsTooLongOrThereTwiceIsRefused() {
        assertInvalid(List.of("k".repeat(256)));
        assertInvalid(List.of("a", "b"));
        assertThat(IdempotencyKey.of("ck_1", List.of("k".repeat(255)), new byte[0]))
                .isPresent();
        assertThat(IdempotencyKey.of("ck_1", List.of(), new byte[0])).isEqualTo(Optional.empty());
    }

    private static void assertInvalid(List<String> headers) {
        assertThatThrownBy(() -> IdempotencyKey.of("ck_1", headers, new byte[0]))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID));
    }

    private long rows(String sql) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    var rows = statement.executeQuery(sql)) {
                rows.next();
                return rows.getLong(1);
            }
        });
    }

    private static void waitsFor(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("came true in time").isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }
}
