package io.carillon.idempotency;

import io.carillon.platform.database.Database;
import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys under which clients put, so that one which did not hear the answer may send its request again: the same key and
 * request of the same API key lead to the same task for 24 hours, on all instances.
 *
 * <p>A key is reserved in MariaDB, together with the id that the task will have, before the task is put. A second request
 * with it waits until the first is through. When the first does not come back, because its instance died or a store did,
 * the second does the put itself with the reserved id, which both stores take for the same task. A put that is refused frees
 * the key. Safe for many threads.
 */
public class IdempotencyKeys {
    private static final Logger LOG = LoggerFactory.getLogger(IdempotencyKeys.class);
    private static final Duration LIFE = Duration.ofHours(24);
    private static final Duration HOLD = Duration.ofSeconds(15);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long FIRST_LOOK_MILLIS = 10;
    private static final long LONGEST_PAUSE_MILLIS = 250;
    private static final int SIZE = 512;

    private final GroupCommit<KeyTable.Reservation, KeyTable.Reserved> reservations;
    private final GroupCommit<KeyTable.Settlement, Boolean> settlements;
    private final ScheduledExecutorService scheduler;
    private final SecureRandom random = new SecureRandom();

    public IdempotencyKeys(Database database, Executor executor, ScheduledExecutorService scheduler) {
        this(database, executor, scheduler, LIFE, HOLD);
    }

    IdempotencyKeys(
            Database database, Executor executor, ScheduledExecutorService scheduler, Duration life, Duration hold) {
        KeyTable table = new KeyTable(database, life, hold);
        this.reservations = new GroupCommit<>(executor, reservation -> SIZE, table::reserve);
        this.settlements = new GroupCommit<>(executor, settlement -> SIZE, table::settle);
        this.scheduler = scheduler;
    }

    /**
     * Finds out whose turn it is, and waits while another request with the key is being put. Whoever gets a turn to put must
     * say what came of it: {@link #done}, {@link #refused} or {@link #unknown}.
     *
     * <p>The stage fails with {@link Refused}: {@link Reason#CONFLICT} when the key belongs to another request, {@link
     * Reason#UNAVAILABLE}.
     *
     * @param taskId the id that a new task would have
     * @param atOnce whether the key is used from now on, so that others need not wait for {@link #done}; for a put whose
     *     caller waits long for its answer
     */
    public CompletionStage<Claim> claim(IdempotencyKey key, String taskId, boolean atOnce) {
        KeyTable.Reservation reservation =
                new KeyTable.Reservation(key, taskId, random.nextLong(1, Long.MAX_VALUE), atOnce);
        return claim(reservation, FIRST_LOOK_MILLIS, System.nanoTime() + PATIENCE.toNanos());
    }

    private CompletionStage<Claim> claim(KeyTable.Reservation reservation, long pause, long deadline) {
        return reservations.write(reservation).thenCompose(reserved -> {
            Claim.Turn turn =
                    switch (reserved.outcome()) {
                        case FIRST -> Claim.Turn.FIRST;
                        case AGAIN -> Claim.Turn.AGAIN;
                        case REPEAT -> Claim.Turn.REPEAT;
                        case DIFFERENT ->
                            throw new Refused(
                                    Reason.CONFLICT,
                                    "This Idempotency-Key was used for another request; a new request needs a new key",
                                    IdempotencyKey.HEADER);
                        case WAIT -> null;
                    };
            if (turn != null) {
                return CompletableFuture.completedStage(
                        new Claim(turn, reservation.key(), reserved.taskId(), reservation.holder(), reserved.fresh()));
            }
            if (System.nanoTime() - deadline > 0) {
                throw new Refused(
                        Reason.UNAVAILABLE, "Another request with this Idempotency-Key is still under way; try again");
            }
            return later(pause, () -> claim(reservation, Math.min(2 * pause, LONGEST_PAUSE_MILLIS), deadline));
        });
    }

    /** Does something a little later, on a thread of the scheduler, which it must not hold up. */
    public <T> CompletionStage<T> later(long millis, Supplier<CompletionStage<T>> work) {
        CompletableFuture<Void> time = new CompletableFuture<>();
        try {
            scheduler.schedule(() -> time.complete(null), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | IllegalStateException stopping) {
            time.completeExceptionally(new Refused(Reason.UNAVAILABLE, "The server is stopping; try again"));
        }
        return time.thenCompose(now -> work.get());
    }

    /** The task is there. Never fails: without this mark, the next request with the key looks for the task. */
    public CompletionStage<Void> done(Claim claim) {
        return settle(claim, KeyTable.End.PUT);
    }

    /** The put was refused, so the key is free. Never fails. */
    public CompletionStage<Void> refused(Claim claim) {
        return settle(claim, KeyTable.End.REFUSED);
    }

    /**
     * The put failed, and the task may be there or not. The next request with the key finds out at once; a different request
     * may have the key. Never fails.
     */
    public CompletionStage<Void> unknown(Claim claim) {
        return settle(claim, KeyTable.End.UNKNOWN);
    }

    /** The task of a claim is gone or came to nothing, so the key is free. Never fails. */
    public CompletionStage<Void> gone(Claim claim) {
        return settle(claim, KeyTable.End.GONE);
    }

    private CompletionStage<Void> settle(Claim claim, KeyTable.End end) {
        return settlements
                .write(new KeyTable.Settlement(claim.key(), claim.taskId(), claim.holder(), end))
                .handle((settled, failure) -> {
                    if (failure != null) {
                        LOG.debug("The key of task {} is settled later: {}", claim.taskId(), failure.getMessage());
                    }
                    return null;
                });
    }

    /**
     * Removes keys whose time is over, in the caller's transaction.
     *
     * @return how many, at most {@code most}
     * @throws SQLException when a statement failed; then the transaction is to be rolled back
     */
    public static int deleteExpired(Connection connection, int most) throws SQLException {
        return KeyTable.deleteExpired(connection, most);
    }
}
