package io.carillon.quota;

import io.carillon.platform.cache.BriefCache;
import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much each API key uses of what it may use.
 *
 * <p>Files and batches are counted in MariaDB, in the very transaction that makes or ends them: a row per key and quota,
 * which stays locked until that transaction ends. So the count is exact on any number of instances, and neither a crash nor
 * a loss of Redis can make it wrong. Online requests live in Redis and are counted there, each by its task's id, with the
 * time when it is over at the latest: what a dead instance has left behind is over by then, and with Redis the requests
 * themselves are lost. Requests per minute are a bucket in Redis; when that is lost it is full again.
 *
 * <p>The limit of queued requests holds for online requests and those of batches together. Each store counts its own exactly
 * and knows the other's number as it was a second ago at most.
 *
 * <p>A key without limits costs nothing. Safe for many threads.
 */
public class Quotas {
    private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);
    private static final Script RATE = Script.named("quota-rate");
    private static final Script HOLD = Script.named("quota-hold");
    private static final Script RELEASE = Script.named("quota-release");
    private static final Script COUNT = Script.named("quota-count");
    private static final Duration REMEMBERED = Duration.ofSeconds(1);
    private static final int CAPACITY = 10_000;
    private static final long PATIENCE_SECONDS = 2;

    private final Scripts scripts;
    private final Database database;
    private final QuotaTable table = new QuotaTable();
    private final Limits usual;
    private final String unlimitedKey;
    private final BriefCache<String, Long> queuedInBatches;

    /**
     * @param usual what holds for keys about which nothing is said
     * @param unlimitedKey the public id of a key that has no limits
     * @param nanos a clock that never goes back, as {@link System#nanoTime}
     */
    Quotas(Scripts scripts, Database database, Limits usual, String unlimitedKey, LongSupplier nanos) {
        this.scripts = scripts;
        this.database = database;
        this.usual = usual;
        this.unlimitedKey = unlimitedKey;
        this.queuedInBatches = new BriefCache<>(CAPACITY, REMEMBERED, REMEMBERED, nanos);
    }

    /**
     * Counts more for a key, in the caller's transaction, which must roll back when this throws.
     *
     * @param keyId the public id of the key
     * @param quota any but {@link Quota#REQUESTS_PER_MINUTE}
     * @param amount how much more; not negative
     * @throws QuotaReached when that would be more than the key may use
     */
    public void admit(Connection connection, String keyId, Quota quota, long amount) throws SQLException {
        OptionalLong limit = keyId.equals(unlimitedKey)
                ? OptionalLong.empty()
                : table.limits(connection, keyId).of(quota, usual);
        long online = limit.isPresent() && quota == Quota.QUEUED_REQUESTS ? online(keyId) : 0;
        long used = table.add(connection, keyId, quota, amount);
        if (limit.isPresent() && used + online > limit.getAsLong()) {
            throw QuotaReached.of(quota, limit.getAsLong());
        }
    }

    /** Like {@link #admit}, whatever the key may use: for what must not fail, such as the output file of a batch. */
    public void add(Connection connection, String keyId, Quota quota, long amount) throws SQLException {
        table.add(connection, keyId, quota, amount);
    }

    /** Counts less for a key, in the transaction that ends what was counted. */
    public void release(Connection connection, String keyId, Quota quota, long amount) throws SQLException {
        table.add(connection, keyId, quota, -amount);
    }

    /** How much a key uses, as far as MariaDB counts it. */
    public long used(Connection connection, String keyId, Quota quota) throws SQLException {
        return table.used(connection, keyId, quota);
    }

    /**
     * Counts a request against a key's requests per minute; blocks for as long as Redis takes.
     *
     * @param limits what is said about the key
     * @return how it stands now, and whether the request must be refused; empty when the key has no such limit, or Redis
     *     cannot tell: whoever needs Redis will say so
     */
    public Optional<Rate> request(String keyId, Limits limits) {
        OptionalLong limit = limit(keyId, limits, Quota.REQUESTS_PER_MINUTE);
        if (limit.isEmpty()) {
            return Optional.empty();
        }
        if (limit.getAsLong() == 0) {
            return Optional.of(new Rate(true, 0, 0, Duration.ofMinutes(1), Duration.ZERO));
        }
        List<Object> answer;
        try {
            answer = await(scripts.list(RATE, key(keyId, "rate"), limit.getAsLong()));
        } catch (RuntimeException failure) {
            LOG.warn("Requests of key {} are not counted: {}", keyId, failure.getMessage());
            return Optional.empty();
        }
        return Optional.of(new Rate(
                Scripts.number(answer.get(0)) == 0,
                limit.getAsLong(),
                Scripts.number(answer.get(1)),
                Duration.ofMillis(Scripts.number(answer.get(2))),
                Duration.ofMillis(Scripts.number(answer.get(3)))));
    }

    /**
     * Counts an online request among a key's queued ones; {@link #release(String, Limits, String)} takes it out again.
     *
     * @param task the id of its task
     * @param life how long it may take at the latest
     * @return fails with {@link QuotaReached}, or {@link Reason#UNAVAILABLE}
     */
    public CompletionStage<Void> hold(String keyId, Limits limits, String task, Duration life) {
        OptionalLong limit = limit(keyId, limits, Quota.QUEUED_REQUESTS);
        if (limit.isEmpty()) {
            return CompletableFuture.completedStage(null);
        }
        long room = limit.getAsLong() - inBatches(keyId);
        return scripts.list(HOLD, key(keyId, "online"), Math.max(0, room), task, life.toMillis())
                .thenAccept(answer -> {
                    if (Scripts.number(answer.get(0)) == 0) {
                        throw QuotaReached.of(Quota.QUEUED_REQUESTS, limit.getAsLong());
                    }
                });
    }

    /** Takes an online request out of a key's queued ones; quick, and never fails. */
    public void release(String keyId, Limits limits, String task) {
        if (limit(keyId, limits, Quota.QUEUED_REQUESTS).isPresent()) {
            scripts.number(RELEASE, key(keyId, "online"), task).exceptionally(failure -> {
                LOG.debug("Request {} of key {} counts until its time is over", task, keyId);
                return 0L;
            });
        }
    }

    private OptionalLong limit(String keyId, Limits limits, Quota quota) {
        return keyId.equals(unlimitedKey) ? OptionalLong.empty() : limits.of(quota, usual);
    }

    /** Online requests need no MariaDB, so when it cannot be asked they have the limit to themselves. */
    private long inBatches(String keyId) {
        try {
            return queuedInBatches
                    .get(
                            keyId,
                            key -> Optional.of(database.transaction(
                                    connection -> table.used(connection, key, Quota.QUEUED_REQUESTS))))
                    .orElse(0L);
        } catch (RuntimeException failure) {
            return 0;
        }
    }

    private long online(String keyId) {
        try {
            return await(scripts.number(COUNT, key(keyId, "online")));
        } catch (RuntimeException failure) {
            // Online requests are lost with Redis.
            return 0;
        }
    }

    private static String key(String keyId, String what) {
        return "carillon:{quota:" + keyId + "}:" + what;
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new Refused(Reason.UNAVAILABLE, "The server is stopping; try again");
        } catch (ExecutionException | TimeoutException failure) {
            throw new Refused(Reason.UNAVAILABLE, "Redis does not answer; try again");
        }
    }
}
