package io.carillon.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.database.TestEntities;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.QueueName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeysTest {
    private static final Set<Role> PRODUCER = EnumSet.of(Role.PRODUCER);
    private static final Instant START = Instant.parse("2026-11-22T05:00:00Z");

    private static TestEntities mariaDb;

    private long nanos;
    private Keys keys;

    @BeforeAll
    static void open() {
        mariaDb = new TestEntities();
    }

    @AfterAll
    static void close() {
        mariaDb.close();
    }

    @BeforeEach
    void clear() {
        mariaDb.comeBack();
        mariaDb.execute("DELETE FROM api_key");
        nanos = 0;
        keys = instance();
    }

    private Keys instance() {
        return new Keys(mariaDb.entities(), Optional.of("the-admin-key"), new Now(), () -> nanos);
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    @Test
    void anIssuedKeyTellsItsCallerOnEveryInstance() {
        IssuedKey issued = keys.create(
                "vision", EnumSet.of(Role.WORKER, Role.PRODUCER), new AllowedQueues(List.of("vision", "ocr*")), null);

        assertThat(issued.text()).matches("sk-carillon-[0-9A-Za-z]{43}");
        for (Keys instance : List.of(keys, instance())) {
            Caller caller = instance.find(issued.text()).orElseThrow();
            assertThat(caller.keyId()).isEqualTo(issued.key().id()).startsWith("ck_");
            assertThat(caller.name()).isEqualTo("vision");
            assertThat(caller.roles()).containsExactlyInAnyOrder(Role.WORKER, Role.PRODUCER);
            assertThat(caller.mayUse(new QueueName("ocr-2"))).isTrue();
            assertThat(caller.mayUse(new QueueName("visions"))).isFalse();
        }
    }

    @Test
    void theKeyItselfIsStoredNowhere() {
        IssuedKey issued = keys.create("secret", PRODUCER, AllowedQueues.ALL, null);

        assertThat(issued.toString() + issued.key()).doesNotContain(issued.text());
        assertThat(mariaDb.entities().<List<?>>transaction(manager -> manager.createNativeQuery(
                                "SELECT HEX(hash), CONCAT(id, name, roles, queues) FROM api_key")
                        .getResultList()))
                .singleElement()
                .satisfies(row -> {
                    Object[] columns = (Object[]) row;
                    assertThat((String) columns[0]).hasSize(64);
                    assertThat((String) columns[1]).doesNotContain(issued.text());
                });
    }

    @Test
    void keysThatNobodyIssuedAreUnknown() {
        keys.create("another", PRODUCER, AllowedQueues.ALL, null);

        assertThat(keys.find(KeyText.newKey())).isEmpty();
        assertThat(keys.find("")).isEmpty();
        assertThat(keys.find("the-admin-key ")).isEmpty();
        assertThat(keys.find("x".repeat(1_000_000))).isEmpty();
    }

    @Test
    void theAdminKeyOfTheConfigurationWorksWithoutMariaDb() {
        mariaDb.goAway();

        Caller admin = keys.find("the-admin-key").orElseThrow();

        assertThat(admin.keyId()).isEqualTo("ck_admin");
        assertThat(admin.roles()).containsExactlyInAnyOrder(Role.values());
    }

    @Test
    void aRevokedKeyIsRefusedAtOnceHereAndWithinFiveSecondsElsewhere() {
        String key = keys.create("gone", PRODUCER, AllowedQueues.ALL, null).text();
        Keys elsewhere = instance();
        Caller caller = keys.find(key).orElseThrow();
        assertThat(elsewhere.find(key)).isPresent();

        keys.revoke(caller.keyId());

        assertThat(keys.find(key)).isEmpty();
        pass(Duration.ofSeconds(5));
        assertThat(elsewhere.find(key)).isEmpty();
    }

    @Test
    void aBusyKeyIsCutOffToo() {
        String key = keys.create("busy", PRODUCER, AllowedQueues.ALL, null).text();
        Keys elsewhere = instance();
        for (int i = 0; i < 100; i++) {
            assertThat(elsewhere.find(key)).isPresent();
            pass(Duration.ofMillis(100));
        }

        keys.revoke(keys.find(key).orElseThrow().keyId());

        int stillGood = 0;
        while (elsewhere.find(key).isPresent()) {
            stillGood++;
            pass(Duration.ofMillis(100));
        }
        assertThat(stillGood).isLessThan(50);
    }

    @Test
    void revokingTwiceKeepsTheFirstInstant() {
        String id =
                keys.create("twice", PRODUCER, AllowedQueues.ALL, null).key().id();
        keys.revoke(id);
        pass(Duration.ofMinutes(1));

        assertThat(keys.revoke(id).revoked()).contains(START);
        assertThat(keys.get(id).revoked()).contains(START);
    }

    @Test
    void aKeyEndsTheMomentItExpires() {
        String key = keys.create("short", PRODUCER, AllowedQueues.ALL, START.plusSeconds(3))
                .text();

        pass(Duration.ofMillis(2_999));
        assertThat(keys.find(key)).isPresent();
        pass(Duration.ofMillis(1));
        assertThat(keys.find(key)).isEmpty();
    }

    @Test
    void whileMariaDbIsAwayARememberedKeyWorksForFiveSecondsAndThenNobodyIsCalledUnknown() {
        String key = keys.create("steady", PRODUCER, AllowedQueues.ALL, null).text();
        keys.find(key);
        mariaDb.goAway();

        pass(Duration.ofMillis(4_999));
        assertThat(keys.find(key)).isPresent();
        pass(Duration.ofMillis(1));
        assertUnavailable(key);
        assertUnavailable(KeyText.newKey());

        mariaDb.comeBack();
        pass(Duration.ofSeconds(1));
        assertThat(keys.find(key)).isPresent();
    }

    @Test
    void anOutageIsNotAskedForByEveryRequest() {
        mariaDb.goAway();
        assertUnavailable(KeyText.newKey());
        int before = mariaDb.transactions();

        for (int i = 0; i < 50; i++) {
            assertUnavailable(KeyText.newKey());
        }

        assertThat(mariaDb.transactions()).isEqualTo(before);
    }

    @Test
    void whoeverChangesKeysDuringAnOutageIsToldToTryAgain() {
        String id =
                keys.create("outage", PRODUCER, AllowedQueues.ALL, null).key().id();
        mariaDb.goAway();

        assertReason(Reason.UNAVAILABLE, () -> keys.create("another", PRODUCER, AllowedQueues.ALL, null));
        assertReason(Reason.UNAVAILABLE, () -> keys.revoke(id));
        assertReason(Reason.UNAVAILABLE, () -> keys.list(10, null));
    }

    private void assertUnavailable(String key) {
        Refused refused = catchThrowableOfType(Refused.class, () -> keys.find(key));
        assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
    }

    @Test
    void whoGuessesKeysLocksNobodyOut() {
        String known = keys.create("known", PRODUCER, AllowedQueues.ALL, null).text();
        String unseen = keys.create("unseen", PRODUCER, AllowedQueues.ALL, null).text();
        keys.find(known);
        for (int i = 0; i < 3 * Guesses.PER_SECOND; i++) {
            assertThat(keys.find(KeyText.newKey())).isEmpty();
        }

        assertThat(keys.find(known)).isPresent();
        assertThat(keys.find(unseen)).isPresent();
    }

    @Test
    void whoGuessesKeysHasOneConnectionAtMost() throws Exception {
        Guesses guesses = new Guesses(() -> 0);
        for (int i = 0; i < Guesses.PER_SECOND; i++) {
            guesses.lookUp(() -> 1);
            guesses.wrong();
        }
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger now = new AtomicInteger();
            List<Future<Integer>> looks = new ArrayList<>();
            for (int i = 0; i < 3 * Guesses.MOST_AT_ONCE; i++) {
                looks.add(threads.submit(() -> guesses.lookUp(() -> {
                    int together = now.incrementAndGet();
                    pause(go);
                    now.decrementAndGet();
                    return together;
                })));
            }
            while (looks.stream().filter(Future::isDone).count() < 2 * Guesses.MOST_AT_ONCE) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            go.countDown();

            int refused = 0;
            for (Future<Integer> look : looks) {
                try {
                    assertThat(look.get()).isEqualTo(1);
                } catch (ExecutionException full) {
                    assertThat(full).hasCauseInstanceOf(Refused.class);
                    refused++;
                }
            }
            assertThat(refused).isGreaterThanOrEqualTo(2 * Guesses.MOST_AT_ONCE);
        } finally {
            threads.shutdown();
        }
    }

    private static void pause(CountDownLatch until) {
        try {
            until.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void manyRequestsWithOneKeyAskMariaDbOnce() throws Exception {
        String key = keys.create("popular", PRODUCER, AllowedQueues.ALL, null).text();
        int before = mariaDb.transactions();

        ExecutorService threads = Executors.newFixedThreadPool(16);
        try {
            List<Callable<Optional<Caller>>> calls = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                calls.add(() -> keys.find(key));
            }
            for (Future<Optional<Caller>> found : threads.invokeAll(calls)) {
                assertThat(found.get()).isPresent();
            }
        } finally {
            threads.shutdown();
        }

        assertThat(mariaDb.transactions() - before).isEqualTo(1);
    }

    @Test
    void aUseIsWrittenBehindAndAtMostOnceAMinute() {
        IssuedKey issued = keys.create("used", PRODUCER, AllowedQueues.ALL, null);
        keys.find(issued.text());
        assertThat(keys.get(issued.key().id()).lastUsed()).isEmpty();

        keys.writeLastUses();
        assertThat(keys.get(issued.key().id()).lastUsed()).contains(START);

        pass(Duration.ofSeconds(59));
        keys.find(issued.text());
        keys.writeLastUses();
        assertThat(keys.get(issued.key().id()).lastUsed()).contains(START);

        pass(Duration.ofSeconds(1));
        keys.find(issued.text());
        keys.writeLastUses();
        assertThat(keys.get(issued.key().id()).lastUsed()).contains(START.plusSeconds(60));
    }

    @Test
    void aUseThatCouldNotBeWrittenIsWrittenLater() {
        IssuedKey issued = keys.create("used", PRODUCER, AllowedQueues.ALL, null);
        keys.find(issued.text());
        mariaDb.goAway();
        assertThatThrownBy(keys::writeLastUses).isInstanceOf(Refused.class);

        mariaDb.comeBack();
        keys.writeLastUses();

        assertThat(keys.get(issued.key().id()).lastUsed()).contains(START);
    }

    @Test
    void keysAreListedOldestFirstPageByPage() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(keys.create("key " + i, PRODUCER, AllowedQueues.ALL, null)
                    .key()
                    .id());
            pass(Duration.ofMillis(1));
        }

        assertThat(keys.list(3, null)).extracting(ApiKey::id).isEqualTo(ids.subList(0, 3));
        assertThat(keys.list(3, ids.get(2))).extracting(ApiKey::id).isEqualTo(ids.subList(3, 5));
        assertReason(Reason.INVALID, () -> keys.list(3, "ck_none"));
    }

    @Test
    void keysOfTheSameMillisecondAreListedOnceEach() {
        for (int i = 0; i < 5; i++) {
            keys.create("key " + i, PRODUCER, AllowedQueues.ALL, null);
        }

        List<String> seen = new ArrayList<>();
        String after = null;
        for (List<ApiKey> page = keys.list(2, null); !page.isEmpty(); page = keys.list(2, after)) {
            page.forEach(key -> seen.add(key.id()));
            after = seen.get(seen.size() - 1);
        }

        assertThat(seen).hasSize(5).doesNotHaveDuplicates();
    }

    @Test
    void whatIsWrongWithANewKeyIsNamed() {
        assertReason(Reason.INVALID, () -> keys.create(" ", PRODUCER, AllowedQueues.ALL, null));
        assertReason(Reason.INVALID, () -> keys.create("a\u0000b", PRODUCER, AllowedQueues.ALL, null));
        assertReason(Reason.INVALID, () -> keys.create("n".repeat(129), PRODUCER, AllowedQueues.ALL, null));
        assertReason(Reason.INVALID, () -> keys.create("no role", Set.of(), AllowedQueues.ALL, null));
        assertReason(Reason.INVALID, () -> keys.create("late", PRODUCER, AllowedQueues.ALL, START));
        assertReason(
                Reason.INVALID,
                () -> keys.create("root", EnumSet.of(Role.ADMIN), new AllowedQueues(List.of("a")), null));
        assertThat(keys.list(10, null)).isEmpty();
    }

    @Test
    void unknownIdsAndTheAdminKeyCannotBeRevoked() {
        assertReason(Reason.UNKNOWN, () -> keys.revoke("ck_none"));
        assertReason(Reason.UNKNOWN, () -> keys.get("ck_nöne"));
        assertReason(Reason.CONFLICT, () -> keys.revoke(Keys.ADMIN_KEY_ID));
    }

    private static void assertReason(Reason reason, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.reason())
                .isEqualTo(reason));
    }

    /** Goes with the nanoseconds of the test. */
    private final class Now extends Clock {
        @Override
        public Instant instant() {
            return START.plusNanos(nanos);
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
