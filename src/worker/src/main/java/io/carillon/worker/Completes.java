package io.carillon.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands results in, all that wait with one call, which takes the next tasks too. A result stays here until the server has
 * answered for it, however long that takes; a completion may be sent again, for the first one wins. One thread.
 */
final class Completes {
    private static final Logger LOG = LoggerFactory.getLogger(Completes.class);
    private static final int MOST = 500;
    private static final int MOST_CHARACTERS = 1024 * 1024;
    private static final int MOST_WAITING = 5000;
    private static final long MOST_WAITING_CHARACTERS = 16L * 1024 * 1024;
    private static final long REST = 200;
    private static final Connection.Delivered NOTHING = new Connection.Delivered(List.of(), List.of());
    private static final int BAD_REQUEST = 400;
    private static final int TOO_LARGE = 413;
    private static final int UNPROCESSABLE = 422;
    private static final int LONGEST_REASON = 300;
    private static final int SERVER_ERROR = 500;
    private static final int TOO_MANY = 429;

    /**
     * A result and the task that it ends.
     *
     * @param isInstead whether it stands for one that the server refused
     */
    record Ended(TaskWrapper task, Result result, boolean isInstead) {
        Ended(TaskWrapper task, Result result) {
            this(task, result, false);
        }

        private int size() {
            return result.json().length();
        }
    }

    /** What the worker does with what the server says. */
    interface Worker {
        /** How many tasks the next call may bring; what is reserved is given back by {@link #delivered}. */
        int reserve();

        /** @param take how many it was to be, so many are reserved */
        Take take(int size);

        void delivered(Connection.Delivered delivered, int reserved);

        void answered(TaskWrapper task, TakenTasks.Verdict verdict);

        /** The server refused the caller or lost its way; the same is tried again. */
        void failed(CallRefused refused);

        /** The server took results in. */
        void succeeded();

        /** Whether the task is still the worker's. */
        boolean holds(TaskWrapper task);

        /** Whether it is still worth trying. */
        boolean patient();
    }

    private final Connection connection;
    private final Calls calls;
    private final Worker worker;
    private final LinkedBlockingQueue<Ended> waiting = new LinkedBlockingQueue<>();
    private final AtomicLong waitingCharacters = new AtomicLong();
    private volatile boolean stopping;
    private Ended first;
    /** How many of those that wait go in one by one, to find the one that makes trouble. */
    private int singly;

    Completes(Connection connection, Calls calls, Worker worker) {
        this.connection = connection;
        this.calls = calls;
        this.worker = worker;
    }

    void add(Ended ended) {
        waitingCharacters.addAndGet(ended.size());
        waiting.add(ended);
    }

    /** Whether so much waits that no task shall be taken before some of it is gone. */
    boolean isFull() {
        return waiting.size() > MOST_WAITING || waitingCharacters.get() > MOST_WAITING_CHARACTERS;
    }

    void stop() {
        stopping = true;
    }

    /** Hands in what comes until it is stopped and nothing waits. */
    void run() {
        int failures = 0;
        try {
            while (true) {
                List<Ended> batch = new ArrayList<>();
                try {
                    next(batch);
                    if (batch.isEmpty()) {
                        if (stopping) {
                            return;
                        }
                        continue;
                    }
                    hand(batch);
                    failures = 0;
                } catch (RuntimeException | Error failure) {
                    // What is thrown here, such as for want of memory, would end this thread, and nobody would notice.
                    failures++;
                    batch.forEach(this::add);
                    singly = batch.size() > 1 ? waiting.size() : singly;
                    LOG.error("{} results were not handed in, and are tried again", batch.size(), failure);
                    Thread.sleep(Backoff.after(failures).toMillis());
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void next(List<Ended> batch) throws InterruptedException {
        int most = singly > 0 ? 1 : MOST;
        singly = Math.max(0, singly - 1);
        Ended next = first != null ? first : polled(waiting.poll(100, TimeUnit.MILLISECONDS));
        first = null;
        long characters = 0;
        while (next != null) {
            characters += next.size();
            if (!batch.isEmpty() && (characters > MOST_CHARACTERS || batch.size() >= most)) {
                first = next;
                break;
            }
            batch.add(next);
            next = polled(waiting.poll());
        }
    }

    private Ended polled(Ended next) {
        if (next != null) {
            waitingCharacters.addAndGet(-next.size());
        }
        return next;
    }

    private void hand(List<Ended> batch) throws InterruptedException {
        batch.removeIf(ended -> !worker.holds(ended.task()));
        if (!batch.isEmpty()) {
            hand(batch, worker.reserve());
        }
    }

    private void hand(List<Ended> batch, int room) throws InterruptedException {
        AtomicInteger reserved = new AtomicInteger(room);
        Connection.Delivered delivered = NOTHING;
        try {
            List<Connection.Ending> endings = batch.stream()
                    .map(ended -> new Connection.Ending(ended.task().getTask(), ended.result()))
                    .toList();
            Connection.Completed completed = calls.insisted(
                    () -> worker.patient() && batch.stream().anyMatch(ended -> worker.holds(ended.task())),
                    Completes::mayBeMended,
                    refused -> {
                        worker.failed(refused);
                        // what was refused may be the take
                        worker.delivered(NOTHING, reserved.getAndSet(0));
                    },
                    () -> connection.completeMany(endings, reserved.get() == 0 ? null : worker.take(reserved.get())));
            delivered = completed.delivered();
            worker.succeeded();
            boolean again = false;
            for (int i = 0; i < batch.size(); i++) {
                again |= !answered(batch.get(i), completed.verdicts().get(i));
            }
            if (again) {
                Thread.sleep(REST);
            }
        } catch (CallRefused refused) {
            worker.delivered(NOTHING, reserved.getAndSet(0));
            refused(batch, refused, room);
        } catch (IOException givenUp) {
            LOG.warn("{} results were not handed in: {}", batch.size(), givenUp.getMessage());
        } finally {
            worker.delivered(delivered, reserved.get());
        }
    }

    /** Whether it may be the key or the way to the server, such as a proxy's redirect, and not what was said. */
    private static boolean mayBeMended(CallRefused refused) {
        return !isOfTheResult(refused.status());
    }

    private static boolean isOfTheResult(int status) {
        return status == BAD_REQUEST || status == TOO_LARGE || status == UNPROCESSABLE;
    }

    /** False when it has to be handed in once more. */
    private boolean answered(Ended ended, TakenTasks.Verdict verdict) {
        if (verdict.code() >= SERVER_ERROR || verdict.code() == TOO_MANY) {
            add(ended);
            return false;
        }
        if (isOfTheResult(verdict.code())) {
            unfit(ended, verdict.code(), verdict.message());
            return true;
        }
        worker.answered(ended.task(), verdict);
        return true;
    }

    /** The call was refused as a whole: each by itself, to find the culprit; one alone, without a take, is what it is. */
    private void refused(List<Ended> batch, CallRefused refused, int room) throws InterruptedException {
        if (mayBeMended(refused)) {
            LOG.warn("{} results were not handed in: {}", batch.size(), refused.getMessage());
            return;
        }
        if (batch.size() == 1 && room == 0) {
            unfit(batch.get(0), refused.status(), refused.getMessage());
            return;
        }
        for (Ended ended : batch) {
            if (worker.holds(ended.task())) {
                hand(List.of(ended), 0);
            }
        }
    }

    /** The task ends all the same, with a failure that says why: done again it would most likely end as it did. */
    private void unfit(Ended ended, int status, String whole) {
        String message = whole.length() <= LONGEST_REASON ? whole : whole.substring(0, LONGEST_REASON) + "...";
        if (ended.isInstead()) {
            worker.answered(ended.task(), new TakenTasks.Verdict(false, status, message));
            return;
        }
        LOG.warn("The server refuses the result of task {}: {}", ended.task().id(), message);
        add(new Ended(
                ended.task(),
                status == TOO_LARGE
                        ? Result.error(TOO_LARGE, "The result is too large for the server")
                        : Result.error(SERVER_ERROR, "The server refuses the result: " + message),
                true));
    }
}
