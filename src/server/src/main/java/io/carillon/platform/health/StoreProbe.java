package io.carillon.platform.health;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Finds out whether a store answers. However many ask, the store is asked once a second, and hardly ever twice at a time:
 * a store that hangs gets another question only when it has said nothing for ten seconds. Safe for many threads.
 */
public class StoreProbe {
    private static final long PATIENCE = Duration.ofSeconds(2).toNanos();
    private static final long FRESH = Duration.ofSeconds(1).toNanos();
    private static final long GIVEN_UP = Duration.ofSeconds(10).toNanos();

    /**
     * What came of a question.
     *
     * @param roundTrip how long the answer took; when there was none, how long it was waited for
     * @param why null when the store answers
     */
    public record Answer(boolean answers, Duration roundTrip, String why) {}

    private final String store;
    private final Supplier<? extends CompletionStage<?>> question;
    private final LongSupplier nanos;
    private CompletableFuture<Answer> asked;
    private long askedAt;

    /**
     * @param store its name
     * @param question asks it something small, without blocking
     * @param nanos a clock that never goes back, as {@link System#nanoTime}
     */
    StoreProbe(String store, Supplier<? extends CompletionStage<?>> question, LongSupplier nanos) {
        this.store = store;
        this.question = question;
        this.nanos = nanos;
    }

    public String store() {
        return store;
    }

    /** Whether the store answers, as of at most a second ago; waits for it up to two seconds. */
    public Answer ask() {
        CompletableFuture<Answer> answer;
        long left;
        synchronized (this) {
            long age = nanos.getAsLong() - askedAt;
            if (asked == null || (asked.isDone() ? age >= FRESH : age >= GIVEN_UP)) {
                askedAt = nanos.getAsLong();
                asked = begin();
            }
            answer = asked;
            left = Math.max(0, PATIENCE - (nanos.getAsLong() - askedAt));
        }
        try {
            return answer.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            return new Answer(false, Duration.ofNanos(PATIENCE), "no answer within 2 s");
        } catch (ExecutionException failure) {
            throw new IllegalStateException(failure.getCause());
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return new Answer(false, Duration.ZERO, "the server stops");
        }
    }

    private CompletableFuture<Answer> begin() {
        long since = nanos.getAsLong();
        CompletionStage<?> answer;
        try {
            answer = question.get();
        } catch (RuntimeException failure) {
            answer = CompletableFuture.failedStage(failure);
        }
        // Why it failed may hold addresses and users; the log of whoever uses the store has it.
        return answer.handle((fine, failure) -> new Answer(
                        failure == null,
                        Duration.ofNanos(nanos.getAsLong() - since),
                        failure == null ? null : "cannot be reached"))
                .toCompletableFuture();
    }
}
