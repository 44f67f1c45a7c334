package io.carillon.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Calls of the server that are tried again when that may help: after errors of the connection and after 408, 429 and 5xx, later
 * each time or when {@code Retry-After} says, and not while the {@link Circuit} is open. Safe for many threads.
 */
final class Calls {
    static final int TRIES = 5;
    private static final int SERVER_ERROR = 500;
    private static final Duration LOOK = Duration.ofMillis(100);

    interface Call<T> {
        T send() throws IOException, InterruptedException;
    }

    private final Circuit circuit = new Circuit();
    private volatile long answered = System.nanoTime();

    /**
     * @param times how often at most
     * @param wanted looked at while waiting; once it is false nothing is tried again
     * @throws CallRefused when the server refuses the call for good, or to the last
     * @throws IOException when the last try failed
     */
    <T> T tried(int times, BooleanSupplier wanted, Call<T> call) throws IOException, InterruptedException {
        for (int failures = 1; ; failures++) {
            if (!rest(circuit.pause(System.nanoTime()), wanted)) {
                throw new IOException(
                        circuit.isOpen() ? "The server does not answer" : "There was no time left to say it");
            }
            try {
                T answer = call.send();
                circuit.succeeded();
                answered();
                return answer;
            } catch (CallRefused refused) {
                if (refused.status() < SERVER_ERROR) {
                    circuit.succeeded();
                    answered();
                } else {
                    circuit.failed(System.nanoTime());
                }
                if (!refused.isPassing() || failures >= times) {
                    throw refused;
                }
                if (!rest(refused.retryAfter().orElse(Backoff.after(failures)), wanted)) {
                    throw refused;
                }
            } catch (IOException broken) {
                circuit.failed(System.nanoTime());
                // An idle connection that the server has closed is found out by using it; that is no reason to wait.
                if (failures >= times || failures > 1 && !rest(Backoff.after(failures - 1), wanted)) {
                    throw broken;
                }
            } catch (InterruptedException | RuntimeException | Error abandoned) {
                circuit.succeeded();
                throw abandoned;
            }
        }
    }

    /**
     * Calls until the server has answered, however long that takes, also when it refuses the caller and not what it says: a key
     * may be mended.
     *
     * @param wanted looked at while waiting; once it is false nothing is tried again
     * @param mendable which refusals are tried again
     * @param told hears of each such refusal
     * @throws CallRefused when the server refuses the call for another reason, or to the last
     * @throws IOException when the last try failed
     */
    <T> T insisted(BooleanSupplier wanted, Predicate<CallRefused> mendable, Consumer<CallRefused> told, Call<T> call)
            throws IOException, InterruptedException {
        for (int failures = 1; ; failures++) {
            try {
                return tried(TRIES, wanted, call);
            } catch (CallRefused refused) {
                if (!mendable.test(refused)) {
                    throw refused;
                }
                told.accept(refused);
                if (!rest(refused.retryAfter().orElse(Backoff.after(failures)), wanted)) {
                    throw refused;
                }
            } catch (IOException broken) {
                if (!rest(Backoff.after(failures), wanted)) {
                    throw broken;
                }
            }
        }
    }

    /** Counts an answer to a call that went another way. */
    void answered() {
        answered = System.nanoTime();
    }

    /** Waits, and says whether the call is still wanted then. */
    private static boolean rest(Duration length, BooleanSupplier wanted) throws InterruptedException {
        long until = System.nanoTime() + length.toNanos();
        while (wanted.getAsBoolean()) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return true;
            }
            Thread.sleep(Math.min(LOOK.toMillis(), left / 1_000_000 + 1));
        }
        return false;
    }

    /** How long ago the server last answered anything. */
    Duration sinceAnswer() {
        return Duration.ofNanos(System.nanoTime() - answered);
    }

    boolean serverIsAway() {
        return circuit.isOpen();
    }
}
