package io.carillon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.TestEntities;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Words;
import io.carillon.stores.EmbeddedRedis;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/** How a change of settings reaches both stores and all instances. */
class SettingsTest {
    private static final QueueName NAME = new QueueName("deepseek-r1");
    private static final UnaryOperator<QueueSettings> PAUSE =
            settings -> settings.but().paused(true).settings();
    private static final RedissonClient REDIS = RedisClients.shared();
    private static TestEntities database;

    private final Queues here = queues(new SettingsCopy(new Scripts(REDIS)));
    private final Queues there = queues(new SettingsCopy(new Scripts(REDIS)));
    private Queue queue;

    @BeforeAll
    static void begin() {
        database = new TestEntities();
        // Other tests have queues with small numbers in the same Redis.
        database.execute("ALTER TABLE queue AUTO_INCREMENT = 770001");
    }

    @AfterAll
    static void end() {
        database.close();
    }

    @BeforeEach
    void register() {
        database.execute("DELETE FROM queue");
        queue = here.register(NAME, "/v1/x", "ck_a");
        there.find(NAME);
    }

    @AfterEach
    void forget() {
        REDIS.getKeys().deleteByPattern(queue.keyPrefix() + "*");
    }

    private static Queues queues(SettingsCopy copy) {
        return new Queues(new QueueRows(database.entities()), copy, Clock.systemUTC());
    }

    private Queue change(UnaryOperator<QueueSettings> change) {
        return here.change(NAME, change, "ck_b").toCompletableFuture().join();
    }

    private Map<String, String> copy() {
        return REDIS.<String, String>getMap(queue.keyPrefix() + "settings", StringCodec.INSTANCE)
                .readAllMap();
    }

    @Test
    void aNewQueueHasTheUsualSettingsAndNoCopy() {
        assertThat(queue.settings()).isEqualTo(QueueSettings.DEFAULT);
        assertThat(there.get(NAME).settings()).isEqualTo(QueueSettings.DEFAULT);
        assertThat(copy()).isEmpty();
    }

    @Test
    void aChangeIsInBothStoresAndHoldsHereWhenItIsAnswered() {
        Queue changed = change(settings -> QueueSettingsTest.EVERYTHING);

        assertThat(changed.settings()).isEqualTo(QueueSettingsTest.EVERYTHING);
        assertThat(changed.modifiedBy()).isEqualTo("ck_b");
        assertThat(here.get(NAME)).isEqualTo(changed);
        assertThat(here.find(queue.number())).contains(changed);
        assertThat(queues(null).get(NAME)).isEqualTo(changed);
        assertThat(copy())
                .containsEntry("version", "1")
                .containsAllEntriesOf(SettingsFields.of(QueueSettingsTest.EVERYTHING))
                .hasSize(19);
    }

    @Test
    void whatGoesBackToUsualLeavesTheCopy() {
        change(settings -> QueueSettingsTest.EVERYTHING);
        change(settings -> QueueSettings.DEFAULT);

        assertThat(copy()).containsExactly(Map.entry("version", "2"));
    }

    @Test
    void anotherInstanceHearsOfAChangeAtOnce() {
        try (Running ignored = new Running(there)) {
            change(PAUSE);

            until(() -> assertThat(there.get(NAME).settings().paused()).isTrue());
        }
    }

    @Test
    void anotherInstanceThatMissedTheWordFindsTheChangeWhenItLooks() {
        change(PAUSE);
        assertThat(there.get(NAME).settings().paused()).isFalse();

        repair(there).runOnce();

        assertThat(there.get(NAME).settings().paused()).isTrue();
        assertThat(there.known()).containsExactly(there.get(NAME));
    }

    @Test
    void aChangeWhileRedisIsAwayIsAnsweredAndRepairedWhenItIsBack(@TempDir Path directory) {
        try (EmbeddedRedis store = EmbeddedRedis.start(directory)) {
            RedissonClient client = RedisClients.impatient(store.url());
            try {
                Queues away = queues(new SettingsCopy(new Scripts(client)));
                store.kill();

                Queue changed =
                        away.change(NAME, PAUSE, "ck_b").toCompletableFuture().join();

                assertThat(changed.settings().paused()).isTrue();
                assertThat(away.get(NAME)).isEqualTo(changed);
                store.restart();
                until(() -> {
                    try {
                        repair(away).runOnce();
                    } catch (CompletionException notYet) {
                        assertThat(notYet).hasCauseInstanceOf(Refused.class);
                    }
                    assertThat(client.<String, String>getMap(queue.keyPrefix() + "settings", StringCodec.INSTANCE)
                                    .readAllMap())
                            .containsEntry("paused", "1")
                            .containsEntry("version", "1");
                });
            } finally {
                client.shutdown(0, 1, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void settingsThatRedisLostComeBack() {
        change(PAUSE);
        Map<String, String> before = copy();
        REDIS.getKeys().deleteByPattern(queue.keyPrefix() + "*");

        repair(here).runOnce();

        assertThat(copy()).isEqualTo(before).isNotEmpty();
    }

    @Test
    void anOlderCopyDoesNotOvertakeANewerOne() {
        Queue older = change(PAUSE);
        change(settings -> settings.but().concurrency(3).settings());

        assertThat(there.copySettings(older).toCompletableFuture().join()).isFalse();

        assertThat(copy()).containsEntry("version", "2").containsEntry("concurrency", "3");
    }

    @Test
    void ofManyChangesAtOnceNoneIsLost() {
        List<CompletableFuture<Queue>> all = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> (i % 2 == 0 ? here : there)
                        .change(
                                NAME,
                                settings -> settings.but()
                                        .maxAttempts(settings.maxAttempts() + 1)
                                        .settings(),
                                "ck_" + i)
                        .toCompletableFuture()
                        .join()))
                .toList();
        all.forEach(CompletableFuture::join);

        assertThat(queues(null).get(NAME).settings().maxAttempts()).isEqualTo(3 + 8);
        assertThat(copy()).containsEntry("version", "8").containsEntry("max_attempts", "11");
    }

    @Test
    void aChangeThatIsRefusedLeavesNoTrace() {
        assertThatThrownBy(() -> change(
                        settings -> settings.but().paused(true).maxAttempts(0).settings()))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID));

        assertThat(queues(null).get(NAME)).isEqualTo(queue);
        assertThat(copy()).isEmpty();
    }

    @Test
    void aChangeThatChangesNothingIsNotCounted() {
        Queue changed = change(PAUSE);

        assertThat(change(PAUSE)).isEqualTo(changed);
    }

    @Test
    void registeringOnceMoreKeepsTheSettings() {
        change(PAUSE);

        assertThat(queues(null).register(NAME, "/v1/x", "ck_c").settings().paused())
                .isTrue();
    }

    @Test
    void anUnknownQueueHasNoSettings() {
        assertThatThrownBy(() -> here.change(new QueueName("nobody"), PAUSE, "ck_b"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN));
    }

    @Test
    void groupsThatALimitHeldBackHaveTheirTurnAgain() {
        String prefix = queue.keyPrefix();
        REDIS.getSet(prefix + "blocked:0", StringCodec.INSTANCE).addAll(List.of("a", "b"));
        REDIS.getSet(prefix + "blocked:9", StringCodec.INSTANCE).add("c");
        REDIS.getBucket(prefix + "turn:0", StringCodec.INSTANCE).set("17");
        REDIS.getScoredSortedSet(prefix + "groups:0", StringCodec.INSTANCE).add(16, "d");

        change(PAUSE);

        assertThat(REDIS.getScoredSortedSet(prefix + "groups:0", StringCodec.INSTANCE)
                        .entryRange(0, -1))
                .extracting(entry -> entry.getValue() + "=" + entry.getScore())
                .containsExactly("d=16.0", "a=17.0", "b=17.0");
        assertThat(REDIS.getScoredSortedSet(prefix + "groups:9", StringCodec.INSTANCE)
                        .getScore("c"))
                .isZero();
        assertThat(REDIS.getKeys().countExists(prefix + "blocked:0", prefix + "blocked:9"))
                .isZero();
    }

    @Test
    void takesThatWaitAreWoken() throws InterruptedException {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        Runnable hearing = new Words(REDIS).hear("carillon:ready", heard::add);
        try {
            REDIS.getBucket(queue.keyPrefix() + "wanted:3", StringCodec.INSTANCE)
                    .set("1", Duration.ofSeconds(5));

            change(settings -> settings.but().concurrency(2).settings());

            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(queue.number() + ":3:100");
        } finally {
            hearing.run();
        }
    }

    private static void until(Runnable claim) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try {
                claim.run();
                return;
            } catch (AssertionError notYet) {
                if (System.nanoTime() > deadline) {
                    throw notYet;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    private static SettingsRepair repair(Queues of) {
        return new SettingsRepair(of, null, null, null);
    }

    /** An instance that hears words, and never looks by itself. */
    private static final class Running implements AutoCloseable {
        private final ExecutorService executor = Executors.newSingleThreadExecutor();
        private final ScheduledExecutorService never = new ScheduledThreadPoolExecutor(0) {
            @Override
            public ScheduledFuture<?> scheduleWithFixedDelay(Runnable work, long first, long delay, TimeUnit unit) {
                return schedule(work, 1000, TimeUnit.DAYS);
            }
        };
        private final SettingsRepair repair;

        Running(Queues of) {
            repair = new SettingsRepair(of, new Words(REDIS), executor, never);
            repair.start();
        }

        @Override
        public void close() {
            repair.stop();
            executor.shutdown();
            never.shutdownNow();
        }
    }
}
