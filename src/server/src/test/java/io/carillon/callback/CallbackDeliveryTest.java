package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.carillon.platform.database.Database;
import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallbackDeliveryTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(10);
    private static final CallbackSettings SETTINGS = settings(64 << 20, Duration.ofSeconds(10), Duration.ofSeconds(60));

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private final List<CallbackDelivery> instances = new ArrayList<>();
    private final Receiver receiver = new Receiver();
    private DataSource source;
    private Database database;
    private CallbackTable table;

    @BeforeEach
    void migrate() {
        source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        database = new Database(source);
        table = new CallbackTable(database);
    }

    @AfterEach
    void end() {
        receiver.close();
        instances.forEach(CallbackDelivery::stop);
        scheduler.shutdownNow();
        executor.shutdownNow();
    }

    @Test
    void eachCallbackArrivesOnceWithItsBytes() {
        Callbacks callbacks = callbacks(started(SETTINGS));
        byte[] body = "{ \"status_code\":\"200\", \"body\":{\"a\":null,\"n\":1.0e400,\"t\":\"\u00fc\u56de\\/\"}}"
                .getBytes(StandardCharsets.UTF_8);

        callbacks.owe(IntStream.range(0, 500)
                .mapToObj(i -> new OwedCallback("T" + i, "ck_1", receiver.url("/cb?t=" + i), body, "trace-" + i))
                .toList());

        eventually(() -> callbacks.pending() == 0);
        assertThat(receiver.tasks())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 500).mapToObj(i -> "T" + i).toList());
        for (Receiver.Received one : receiver.received()) {
            String number = one.task().substring(1);
            assertThat(one.method()).isEqualTo("POST");
            assertThat(one.path()).isEqualTo("/cb?t=" + number);
            assertThat(one.body()).isEqualTo(body);
            assertThat(one.headers().getFirst("Content-Type")).isEqualToIgnoringCase("application/json; charset=utf-8");
            assertThat(one.headers().getFirst("X-Carillon-Attempt")).isEqualTo("1");
            assertThat(one.headers().getFirst("X-Bella-Trace-Id")).isEqualTo("trace-" + number);
        }
        assertThat(rows("SELECT COUNT(*) FROM callback WHERE state = 'delivered' AND last_status = 200"
                        + " AND delivered_at >= created_at AND claimed_by = 0"))
                .isEqualTo(500);
        assertThat(instances.get(0).counts().delivered()).isEqualTo(500);
    }

    @Test
    void sameCompletionOwesOneCallback() {
        Callbacks callbacks = callbacks(started(SETTINGS));

        callbacks.owe(List.of(owed("T1", receiver.url("/first"))));
        callbacks.owe(List.of(owed("T1", receiver.url("/again")), owed("T2", receiver.url("/second"))));

        eventually(() -> callbacks.pending() == 0);
        assertThat(receiver.received())
                .extracting(Receiver.Received::path)
                .containsExactlyInAnyOrder("/first", "/second");
    }

    @Test
    void callbackOfARolledBackCompletionIsNotSent() {
        Callbacks callbacks = callbacks(started(SETTINGS));
        try {
            database.transaction(connection -> {
                callbacks.owe(connection, List.of(owed("T1", receiver.url("/"))));
                throw new IllegalStateException("rolled back");
            });
        } catch (IllegalStateException expected) {
            callbacks.wake();
        }
        callbacks.owe(List.of(owed("T2", receiver.url("/"))));

        eventually(() -> callbacks.pending() == 0);
        assertThat(receiver.tasks()).containsExactly("T2");
    }

    @Test
    void callbackIsDeliveredWithinMillisecondsOfItsCommit() {
        Callbacks callbacks = callbacks(started(SETTINGS));
        List<Long> took = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            int number = i;
            long start = System.nanoTime();
            callbacks.owe(List.of(owed("T" + i, receiver.url("/"))));
            eventually(() -> receiver.received().size() > number);
            took.add((System.nanoTime() - start) / 1_000_000);
        }
        took.sort(null);
        assertThat(took.get(15)).as("median of %s ms", took).isLessThan(300);
    }

    @Test
    void answerThatMayPassIsTriedAgain() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying((exchange, request) -> exchange.sendResponseHeaders(
                switch (request.headers().getFirst("X-Carillon-Attempt")) {
                    case "1" -> 503;
                    case "2" -> 429;
                    case "3" -> 408;
                    case "4", "5" -> 500;
                    default -> 204;
                },
                -1));

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(instance, () -> table.pending() == 0);
        assertThat(receiver.received())
                .extracting(one -> one.headers().getFirst("X-Carillon-Attempt"))
                .containsExactly("1", "2", "3", "4", "5", "6");
        assertThat(rows("SELECT last_status FROM callback WHERE state = 'delivered'"))
                .isEqualTo(204);
        assertThat(instance.counts().retried()).isEqualTo(5);
    }

    @Test
    void receiverIsLeftAloneForAsLongAsItAsks() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying((exchange, request) -> {
            exchange.getResponseHeaders().set("Retry-After", "30");
            exchange.sendResponseHeaders(503, -1);
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(() -> instance.counts().retried() == 1);
        assertThat(rows("SELECT next_at - created_at FROM callback")).isBetween(30_000L, 55_000L);
    }

    @Test
    void refusedConnectionIsTriedAgain() throws IOException {
        CallbackDelivery instance = started(SETTINGS);
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        callbacks(instance).owe(List.of(owed("T1", "http://127.0.0.1:" + port + "/")));

        eventually(instance, () -> instance.counts().retried() >= 5);
        assertThat(rows("SELECT COUNT(*) FROM callback WHERE state = 'pending' AND last_error LIKE '%refused%'"))
                .isEqualTo(1);
    }

    @Test
    void connectionThatBreaksIsTriedAgain() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying((exchange, request) -> {
            if (request.headers().getFirst("X-Carillon-Attempt").equals("1")) {
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().write(1);
                exchange.close();
            } else {
                exchange.sendResponseHeaders(200, -1);
            }
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(instance, () -> table.pending() == 0);
        assertThat(receiver.tasks()).containsExactly("T1", "T1");
    }

    @Test
    void receiverThatDoesNotAnswerInTimeIsTriedAgain() {
        CallbackDelivery instance = started(withResponseTimeout(Duration.ofMillis(200)));
        CountDownLatch end = new CountDownLatch(1);
        receiver.replying((exchange, request) -> {
            if (request.headers().getFirst("X-Carillon-Attempt").equals("1")) {
                await(end);
            }
            exchange.sendResponseHeaders(200, -1);
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(instance, () -> table.pending() == 0);
        end.countDown();
        assertThat(receiver.tasks()).containsExactly("T1", "T1");
    }

    @Test
    void requestThatTheReceiverCallsWrongIsGivenUpAfterFourAttempts() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying(404);

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(instance, () -> instance.counts().failed() == 1);
        assertThat(receiver.tasks()).hasSize(4);
        assertThat(rows("SELECT last_status FROM callback WHERE state = 'failed' AND attempts = 4"))
                .isEqualTo(404);
    }

    @Test
    void redirectIsNotFollowed() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying((exchange, request) -> {
            exchange.getResponseHeaders().set("Location", receiver.url("/elsewhere"));
            exchange.sendResponseHeaders(307, -1);
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/here"))));

        eventually(instance, () -> instance.counts().failed() == 1);
        assertThat(receiver.received()).extracting(Receiver.Received::path).containsOnly("/here");
        assertThat(log("T1")).extracting(CallbackAttempt::status).containsOnly(307);
    }

    @Test
    void nameThatResolvesToThisHostIsRefusedAndTheLogSaysSo() {
        int port = Integer.parseInt(receiver.url("").replaceAll(".*:", ""));
        CheckedResolver resolver = new CheckedResolver(new CallbackAddress(false), executor) {
            @Override
            InetAddress[] addresses(String host) throws UnknownHostException {
                return new InetAddress[] {InetAddress.getByName("127.0.0.1")};
            }
        };
        CallbackDelivery instance = started(SETTINGS, resolver);

        callbacks(instance).owe(List.of(owed("T1", "http://innocent.example:" + port + "/")));

        eventually(instance, () -> instance.counts().failed() == 1);
        assertThat(receiver.received()).isEmpty();
        assertThat(log("T1")).allSatisfy(attempt -> {
            assertThat(attempt.status()).isNull();
            assertThat(attempt.error()).isEqualTo("innocent.example has no address that callbacks may go to");
        });
    }

    private List<CallbackAttempt> log(String task) {
        CallbackLog log = new CallbackLog(database);
        List<CallbackAttempt> attempts =
                log.attempts(log.find(task).orElseThrow().number());
        assertThat(attempts).isNotEmpty();
        return attempts;
    }

    @Test
    void unreadableUrlFailsAloneAndBreaksNoTransaction() {
        CallbackDelivery instance = started(SETTINGS);

        callbacks(instance)
                .owe(List.of(
                        owed("T1", "no url"),
                        owed("T2", "http://" + "x".repeat(3000)),
                        owed("T3", "http://b\u00fc cher/"),
                        owed("T4", receiver.url("/"))));

        eventually(
                instance,
                () -> instance.counts().failed() == 3 && instance.counts().delivered() == 1);
        assertThat(receiver.tasks()).containsExactly("T4");
    }

    @Test
    void privateAddressIsNotCalledHoweverItIsWritten() {
        CallbackDelivery instance = started(SETTINGS, new CallbackAddress(false));
        int port = Integer.parseInt(receiver.url("").replaceAll(".*:", ""));
        List<String> hosts =
                List.of("127.0.0.1", "localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]", "[::1]", "0");

        callbacks(instance)
                .owe(hosts.stream()
                        .map(host -> owed("T-" + hosts.indexOf(host), "http://" + host + ":" + port + "/"))
                        .toList());

        eventually(instance, () -> instance.counts().failed() == hosts.size());
        assertThat(receiver.received()).isEmpty();
    }

    @Test
    void twoInstancesDeliverEachCallbackOnce() {
        CallbackDelivery one = started(SETTINGS);
        CallbackDelivery other = started(SETTINGS);
        Callbacks callbacks = callbacks(one);
        for (int batch = 0; batch < 20; batch++) {
            int from = batch * 100;
            callbacks.owe(IntStream.range(from, from + 100)
                    .mapToObj(i -> owed("T" + i, receiver.url("/")))
                    .toList());
            other.wake();
        }

        eventually(() -> callbacks.pending() == 0);
        eventually(() -> one.counts().delivered() + other.counts().delivered() == 2000);
        assertThat(receiver.tasks()).hasSize(2000).doesNotHaveDuplicates();
        assertThat(one.counts().delivered()).isPositive();
        assertThat(other.counts().delivered()).isPositive();
    }

    @Test
    void whatADeadInstanceClaimedIsDeliveredByAnother() {
        database.transaction(connection -> {
            table.insert(connection, List.of(owed("T1", receiver.url("/"))), Duration.ofDays(1));
            return null;
        });
        CallbackTable.Claim dead = table.claim(99, 10, new Slots(10, 10, 1000), Duration.ofMillis(1500), "");
        assertThat(dead.deliveries()).hasSize(1);

        CallbackDelivery alive = started(SETTINGS);
        assertThat(alive.runOnce()).isZero();

        eventually(() -> table.pending() == 0);
        assertThat(receiver.received())
                .extracting(one -> one.headers().getFirst("X-Carillon-Attempt"))
                .containsExactly("2");
    }

    @Test
    void outcomeOfAnInstanceThatLostItsClaimChangesNothingUnlessItIsASuccess() {
        database.transaction(connection -> {
            table.insert(connection, List.of(owed("T1", receiver.url("/"))), Duration.ofDays(1));
            return null;
        });
        Slots slots = new Slots(10, 10, 1000);
        Delivery late = table.claim(98, 10, slots, Duration.ofSeconds(-1), "")
                .deliveries()
                .get(0);
        Delivery current = table.claim(99, 10, slots, Duration.ofSeconds(60), "")
                .deliveries()
                .get(0);
        assertThat(current.attempt()).isEqualTo(2);

        table.record(98, List.of(ended(late, Answer.of(404, null, new byte[0]), Ended.Next.FAILED)));
        assertThat(rows("SELECT COUNT(*) FROM callback WHERE state = 'pending' AND claimed_by = 99"))
                .isEqualTo(1);

        table.record(98, List.of(ended(late, Answer.of(200, null, new byte[0]), Ended.Next.DELIVERED)));
        table.record(99, List.of(ended(current, Answer.of(404, null, new byte[0]), Ended.Next.FAILED)));
        assertThat(rows("SELECT last_status FROM callback WHERE state = 'delivered'"))
                .isEqualTo(200);
    }

    @Test
    void stalledReceiverHoldsUpNoOther() {
        CallbackDelivery instance = started(SETTINGS);
        Callbacks callbacks = callbacks(instance);
        CountDownLatch end = new CountDownLatch(1);
        receiver.replying((exchange, request) -> {
            await(end);
            exchange.sendResponseHeaders(200, -1);
        });
        try (Receiver other = new Receiver()) {
            callbacks.owe(IntStream.range(0, 1000)
                    .mapToObj(i -> owed("S" + i, receiver.url("/")))
                    .toList());
            eventually(() -> receiver.received().size() == 64);

            callbacks.owe(IntStream.range(0, 300)
                    .mapToObj(i -> owed("T" + i, other.url("/")))
                    .toList());
            eventually(() -> other.received().size() == 300);

            assertThat(receiver.received()).hasSize(64);
            end.countDown();
            eventually(() -> callbacks.pending() == 0);
            assertThat(receiver.tasks()).hasSize(1000).doesNotHaveDuplicates();
            assertThat(receiver.mostAtOnce()).isLessThanOrEqualTo(64);
        }
    }

    @Test
    void receiverThatDripsIsCutOff() {
        CallbackSettings settings = settings(64 << 20, Duration.ofSeconds(10), Duration.ofSeconds(1));
        CallbackDelivery instance = started(settings);
        receiver.replying((exchange, request) -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                for (int i = 0; i < 300; i++) {
                    body.write(' ');
                    body.flush();
                    LockSupport.parkNanos(50_000_000);
                }
            }
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(() -> instance.counts().retried() == 1);
        assertThat(rows("SELECT COUNT(*) FROM callback WHERE last_error LIKE '%in time%'"))
                .isEqualTo(1);
    }

    @Test
    void answerWithoutEndCountsByItsStatus() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying((exchange, request) -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] noise = new byte[8192];
            for (int i = 0; i < 100_000; i++) {
                exchange.getResponseBody().write(noise);
            }
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(() -> instance.counts().delivered() == 1);
        assertThat(receiver.tasks()).containsExactly("T1");
    }

    @Test
    void largeBodiesAreSentOneAfterTheOtherRatherThanHeldInMemory() {
        CallbackSettings small = settings(1 << 20, Duration.ofSeconds(10), Duration.ofSeconds(60));
        CallbackDelivery instance = started(small);
        byte[] body = new byte[3 << 20];
        Arrays.fill(body, (byte) ' ');

        callbacks(instance)
                .owe(IntStream.range(0, 5)
                        .mapToObj(i -> new OwedCallback("T" + i, "ck_1", receiver.url("/"), body, null))
                        .toList());

        eventually(instance, () -> table.pending() == 0);
        assertThat(receiver.tasks()).hasSize(5).doesNotHaveDuplicates();
        assertThat(receiver.mostAtOnce()).isEqualTo(1);
        assertThat(receiver.received()).allSatisfy(one -> assertThat(one.body()).hasSize(body.length));
    }

    @Test
    void stopGivesBackWhatIsUnderWay() {
        CallbackDelivery instance = started(SETTINGS);
        CountDownLatch end = new CountDownLatch(1);
        receiver.replying((exchange, request) -> {
            await(end);
            exchange.sendResponseHeaders(200, -1);
        });
        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));
        eventually(() -> receiver.received().size() == 1);

        instance.stop();
        end.countDown();

        assertThat(rows("SELECT COUNT(*) FROM callback WHERE state = 'pending' AND claimed_by = 0 AND attempts = 0"
                        + " AND next_at <= created_at + 30000"))
                .isEqualTo(1);
        CallbackDelivery next = started(SETTINGS);
        eventually(() -> next.counts().delivered() == 1);
    }

    @Test
    void eachAttemptIsInTheDeliveryLog() {
        CallbackDelivery instance = started(SETTINGS);
        receiver.replying((exchange, request) -> {
            byte[] answer = "busy".repeat(1000).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(
                    request.headers().getFirst("X-Carillon-Attempt").equals("1") ? 503 : 202, answer.length);
            exchange.getResponseBody().write(answer);
        });

        callbacks(instance).owe(List.of(owed("T1", receiver.url("/"))));

        eventually(instance, () -> table.pending() == 0);
        assertThat(rows("SELECT status FROM callback_attempt WHERE attempt = 1 AND took_ms >= 0"))
                .isEqualTo(503);
        assertThat(rows("SELECT status FROM callback_attempt WHERE attempt = 2"))
                .isEqualTo(202);
        assertThat(
                        rows(
                                "SELECT COUNT(*) FROM callback_attempt WHERE LENGTH(answer) = 1024 AND answer LIKE 'busybusy%'"))
                .isEqualTo(2);
    }

    @Test
    void replayStartsANewRoundOfAttempts() {
        CallbackDelivery instance = started(SETTINGS);
        Callbacks callbacks = callbacks(instance);
        receiver.replying(404);
        callbacks.owe(List.of(owed("T1", receiver.url("/"))));
        eventually(instance, () -> instance.counts().failed() == 1);

        receiver.replying((exchange, request) -> exchange.sendResponseHeaders(
                request.headers().getFirst("X-Carillon-Attempt").equals("5") ? 404 : 200, -1));
        assertThat(callbacks.replay("T1")).isTrue();
        assertThat(callbacks.replay("unknown")).isFalse();

        eventually(instance, () -> instance.counts().delivered() == 1);
        assertThat(receiver.tasks()).hasSize(6);
        assertThat(rows("SELECT COUNT(*) FROM callback_attempt")).isEqualTo(6);
    }

    @Test
    void lookForDueCallbacksJumpsOverABacklog() {
        write("INSERT INTO callback (task_id, owner, url, host, size, state, next_at, retry_until, created_at, body)"
                + " SELECT CONCAT('P', seq), 'ck', 'http://x/', CONCAT('h', seq % 3), 2,"
                + " IF(seq % 2 = 0, 'delivered', 'pending'), seq, 9e15, 0, '{}' FROM seq_1_to_20000");
        write("ANALYZE TABLE callback");

        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet plan = statement.executeQuery("EXPLAIN " + CallbackTable.DUE_HOSTS)) {
            assertThat(plan.next()).isTrue();
            assertThat(plan.getString("Extra")).contains("Using index for group-by");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        CallbackTable.Claim claim = table.claim(1, 30, new Slots(256, 64, 1000), Duration.ofSeconds(60), "h0");
        assertThat(claim.more()).isTrue();
        assertThat(claim.deliveries().stream().map(Delivery::host))
                .containsOnly("h0", "h1", "h2")
                .hasSize(30);
        assertThat(claim.deliveries().get(0).host()).isEqualTo("h1");
    }

    @Test
    void callbackIsSignedWithTheNewSecretAndForAWhileWithTheOld() {
        Callbacks callbacks = callbacks(started(SETTINGS));
        CallbackSecrets secrets = new CallbackSecrets(database);
        SecretOwner key = SecretOwner.ofKey("ck_1");
        String expired = secrets.rotate(key, Duration.ZERO).text();
        String old = secrets.rotate(key, Duration.ZERO).text();
        String current = secrets.rotate(key, Duration.ofHours(1)).text();
        secrets.rotate(SecretOwner.ofKey("ck_other"), Duration.ZERO);

        callbacks.owe(List.of(owed("T1", receiver.url("/"))));
        eventually(() -> callbacks.pending() == 0);

        Receiver.Received one = receiver.received().get(0);
        assertThat(one.headers().getFirst("webhook-id")).isEqualTo("T1");
        long timestamp = Long.parseLong(one.headers().getFirst("webhook-timestamp"));
        assertThat(timestamp).isCloseTo(Clock.systemUTC().millis() / 1000, within(30L));
        assertThat(one.headers().getFirst("webhook-signature"))
                .isEqualTo(Signature.of("T1", timestamp, one.body(), List.of(raw(current), raw(old))))
                .doesNotContain(Signature.of("T1", timestamp, one.body(), List.of(raw(expired))));
    }

    @Test
    void secretOfTheQueueSignsInsteadOfTheKeys() {
        Callbacks callbacks = callbacks(started(SETTINGS));
        CallbackSecrets secrets = new CallbackSecrets(database);
        String ofKey = secrets.rotate(SecretOwner.ofKey("ck_1"), Duration.ZERO).text();
        String ofQueue = secrets.rotate(SecretOwner.ofQueue(12), Duration.ZERO).text();

        callbacks.owe(List.of(
                owed("TASK-12-1-C-261122093258-0001-000042", receiver.url("/12")),
                owed("TASK-13-1-C-261122093258-0001-000042", receiver.url("/13"))));
        eventually(() -> callbacks.pending() == 0);

        for (Receiver.Received one : receiver.received()) {
            String secret = one.path().equals("/12") ? ofQueue : ofKey;
            long timestamp = Long.parseLong(one.headers().getFirst("webhook-timestamp"));
            assertThat(one.headers().getFirst("webhook-signature"))
                    .isEqualTo(Signature.of(one.task(), timestamp, one.body(), List.of(raw(secret))));
        }
    }

    @Test
    void receiverThatIsGoneIsProbedAndGetsItsBacklogWhenItIsBack() {
        CallbackDelivery instance = started(SETTINGS);
        Callbacks callbacks = callbacks(instance);
        receiver.replying(503);
        callbacks.owe(IntStream.range(0, 300)
                .mapToObj(i -> owed("T" + i, receiver.url("/")))
                .toList());
        eventually(instance, () -> instance.counts().retried() >= 100);
        long before = instance.counts().retried();
        long start = System.nanoTime();
        eventually(instance, () -> instance.counts().retried() >= before + 3 * Slots.PROBES);
        assertThat(System.nanoTime() - start).as("between probes").isGreaterThan(1_500_000_000L);

        receiver.replying(200);

        eventually(instance, () -> callbacks.pending() == 0);
        // They are counted when they are recorded.
        eventually(() -> instance.counts().delivered() == 300);
    }

    @Test
    void callbackOfAKeyWithoutSecretIsNotSigned() {
        Callbacks callbacks = callbacks(started(SETTINGS));
        callbacks.owe(List.of(owed("T1", receiver.url("/"))));
        eventually(() -> callbacks.pending() == 0);
        assertThat(receiver.received().get(0).headers().containsKey("webhook-signature"))
                .isFalse();
    }

    private static byte[] raw(String secret) {
        return Base64.getDecoder().decode(secret.substring("whsec_".length()));
    }

    private void write(String sql) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private CallbackDelivery started(CallbackSettings settings) {
        return started(settings, new CallbackAddress(true));
    }

    private CallbackDelivery started(CallbackSettings settings, CallbackAddress address) {
        return started(settings, new CheckedResolver(address, executor));
    }

    private CallbackDelivery started(CallbackSettings settings, CheckedResolver resolver) {
        CallbackDelivery instance = new CallbackDelivery(
                table,
                new Sender(settings, resolver, Clock.systemUTC()),
                new Retries(List.of(SHORT, SHORT, SHORT), () -> 0.5),
                settings,
                executor,
                scheduler);
        instances.add(instance);
        instance.start();
        return instance;
    }

    private static CallbackSettings withResponseTimeout(Duration timeout) {
        return settings(64 << 20, timeout, Duration.ofSeconds(60));
    }

    private static CallbackSettings settings(long bytes, Duration responseTimeout, Duration claim) {
        return new CallbackSettings(
                256, 64, bytes, 200, Duration.ofSeconds(5), responseTimeout, claim, Duration.ofMillis(500));
    }

    private Callbacks callbacks(CallbackDelivery delivery) {
        return new Callbacks(database, table, delivery::wake);
    }

    private static OwedCallback owed(String task, String url) {
        return new OwedCallback(task, "ck_1", url, "{\"status_code\":200}".getBytes(StandardCharsets.UTF_8), null);
    }

    private static Ended ended(Delivery delivery, Answer answer, Ended.Next next) {
        return new Ended(delivery, answer, next, Duration.ZERO, Duration.ZERO);
    }

    private long rows(String sql) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getLong(1) : -1;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until it is so, while the instance looks for retries more often than once a second. */
    private static void eventually(CallbackDelivery instance, BooleanSupplier condition) {
        eventually(() -> {
            instance.wake();
            return condition.getAsBoolean();
        });
    }

    private static void eventually(BooleanSupplier condition) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("came true in time").isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }
}
