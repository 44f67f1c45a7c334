package io.carillon.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.Database;
import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;
import io.carillon.stores.SharedStores;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuotasTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final ExecutorService EXECUTOR = Executors.newFixedThreadPool(8);
    private static Database database;

    private final String key = "ck_" + UUID.randomUUID().toString().substring(0, 20);
    private final Quotas quotas = instance(Limits.NONE);
    private final Quotas onAnotherInstance = instance(Limits.NONE);

    @BeforeAll
    static void migrate() {
        var source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        database = new Database(source);
    }

    @AfterAll
    static void end() {
        EXECUTOR.shutdownNow();
    }

    private static Quotas instance(Limits usual) {
        return new Quotas(new Scripts(RedisClients.shared()), database, usual, "ck_admin", System::nanoTime);
    }

    private static Limits limits(Quota quota, long limit) {
        return Limits.NONE.with(quota, limit);
    }

    private void keyWith(String column, long limit) {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate("INSERT INTO api_key (id, hash, name, roles, queues, created, " + column
                        + ") VALUES ('" + key + "', UNHEX(SHA2('" + key + "', 256)), 'k', 'producer', '', 1, " + limit
                        + ")");
            }
        });
    }

    private void admit(Quotas instance, Quota quota, long amount) {
        database.transaction(connection -> {
            instance.admit(connection, key, quota, amount);
            return null;
        });
    }

    private long used(Quota quota) {
        return database.transaction(connection -> quotas.used(connection, key, quota));
    }

    private static <T> T on(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : failure;
        }
    }

    @Test
    void whatIsCountedNeverExceedsTheLimitHoweverManyComeAtOnce() {
        keyWith("quota_stored_bytes", 1000);
        AtomicInteger refused = new AtomicInteger();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Quotas instance = i % 2 == 0 ? quotas : onAnotherInstance;
            all.add(CompletableFuture.runAsync(
                    () -> {
                        try {
                            admit(instance, Quota.STORED_BYTES, 100);
                        } catch (QuotaReached full) {
                            refused.incrementAndGet();
                        }
                    },
                    EXECUTOR));
        }
        all.forEach(CompletableFuture::join);

        assertThat(refused).hasValue(30);
        assertThat(used(Quota.STORED_BYTES)).isEqualTo(1000);
    }

    @Test
    void whatEndsIsGivenBackAndARolledBackTransactionCountsNothing() {
        keyWith("quota_live_batches", 1);
        admit(quotas, Quota.LIVE_BATCHES, 1);
        assertThatThrownBy(() -> admit(onAnotherInstance, Quota.LIVE_BATCHES, 1))
                .isInstanceOfSatisfying(QuotaReached.class, full -> {
                    assertThat(full.code()).contains("rate_limit_exceeded");
                    assertThat(full.retryAfter()).isPresent();
                });

        database.transaction(connection -> {
            quotas.release(connection, key, Quota.LIVE_BATCHES, 1);
            return null;
        });
        admit(onAnotherInstance, Quota.LIVE_BATCHES, 1);
        assertThat(used(Quota.LIVE_BATCHES)).isEqualTo(1);
        assertThatThrownBy(() -> database.transaction(connection -> {
                    quotas.release(connection, key, Quota.LIVE_BATCHES, 1);
                    throw new IllegalStateException("crash");
                }))
                .hasMessage("crash");
        assertThat(used(Quota.LIVE_BATCHES)).isEqualTo(1);
    }

    @Test
    void theUsualLimitHoldsUnlessTheKeyHasItsOwn() {
        Quotas strict = instance(limits(Quota.STORED_BYTES, 10));
        assertThatThrownBy(() -> admit(strict, Quota.STORED_BYTES, 11))
                .isInstanceOfSatisfying(
                        QuotaReached.class, full -> assertThat(full.code()).contains("storage_quota_exceeded"));
        assertThat(used(Quota.STORED_BYTES)).isZero();
        keyWith("quota_stored_bytes", -1);
        admit(strict, Quota.STORED_BYTES, 11);
        database.transaction(connection -> {
            strict.admit(connection, "ck_admin", Quota.STORED_BYTES, 1000);
            return null;
        });
    }

    @Test
    void onlineRequestsOfAllInstancesShareTheLimitAndComeBack() {
        Limits two = limits(Quota.QUEUED_REQUESTS, 2);
        on(quotas.hold(key, two, "t1", LONG));
        on(quotas.hold(key, two, "t1", LONG));
        on(onAnotherInstance.hold(key, two, "t2", LONG));
        assertThatThrownBy(() -> on(quotas.hold(key, two, "t3", LONG))).isInstanceOf(QuotaReached.class);

        onAnotherInstance.release(key, two, "t1");
        holdSoon(two, "t3");
        assertThatThrownBy(() -> on(quotas.hold(key, two, "t4", LONG))).isInstanceOf(QuotaReached.class);
    }

    @Test
    void whatADeadInstanceHeldIsOverWithItsTime() {
        Limits one = limits(Quota.QUEUED_REQUESTS, 1);
        on(quotas.hold(key, one, "t1", Duration.ofMillis(1)));
        holdSoon(one, "t2");
    }

    private void holdSoon(Limits limits, String task) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (true) {
            try {
                on(onAnotherInstance.hold(key, limits, task, LONG));
                return;
            } catch (QuotaReached full) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    @Test
    void requestsOfBatchesAndOnlineOnesCountTogether() {
        keyWith("quota_queued_requests", 3);
        Limits three = limits(Quota.QUEUED_REQUESTS, 3);
        on(quotas.hold(key, three, "t1", LONG));
        assertThatThrownBy(() -> admit(quotas, Quota.QUEUED_REQUESTS, 3)).isInstanceOf(QuotaReached.class);
        admit(quotas, Quota.QUEUED_REQUESTS, 2);
        assertThatThrownBy(() -> on(onAnotherInstance.hold(key, three, "t2", LONG)))
                .isInstanceOf(QuotaReached.class);
    }

    @Test
    void aMinutesWorthOfRequestsMayComeAtOnceAndThenOneByOne() {
        Limits perMinute = limits(Quota.REQUESTS_PER_MINUTE, 60);
        int let = 0;
        Rate last = null;
        for (int i = 0; i < 80; i++) {
            last = (i % 2 == 0 ? quotas : onAnotherInstance)
                    .request(key, perMinute)
                    .orElseThrow();
            let += last.refused() ? 0 : 1;
        }
        // One comes back each second; the machine may be slow.
        assertThat(let).isBetween(60, 70);
        assertThat(last.refused()).isTrue();
        assertThat(last.remaining()).isZero();
        assertThat(last.untilOne()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(1));
        assertThat(last.reset()).isBetween(Duration.ofSeconds(58), Duration.ofSeconds(60));
    }

    @Test
    void aKeyWithoutLimitsIsNotCounted() {
        assertThat(quotas.request(key, Limits.NONE)).isEmpty();
        on(quotas.hold(key, Limits.NONE, "t1", LONG));
        assertThat(instance(new Limits(Map.of(Quota.REQUESTS_PER_MINUTE, 5L)))
                        .request(key, limits(Quota.REQUESTS_PER_MINUTE, Limits.UNLIMITED)))
                .isEmpty();
        assertThat(quotas.request(key, limits(Quota.REQUESTS_PER_MINUTE, 0))
                        .orElseThrow()
                        .refused())
                .isTrue();
    }
}
