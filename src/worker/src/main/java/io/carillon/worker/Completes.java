package io.carillon.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
    private static final long REST = 200;
    private static final int TOO_LARGE = 413;
    private static final int SERVER_ERROR = 500;
    private static final int TOO_MANY = 429;

    /** A result and the task that it ends. */
    record Ended(TaskWrapper task, Result result) {}

    /** What the worker does with what the server says. */
    interface Worker {
        /** How many tasks the next call may bring; what is reserved is given back by {@link #delivered}. */
        int reserve();

        /** @param take how many it was to be, so many are reserved */
        Take take(int size);

        void delivered(Connection.Delivered delivered, int reserved);

        void answered(TaskWrapper task, TakenTasks.Verdict verdict);

        /** Whether the task is still the worker's. */
        boolean holds(TaskWrapper task);

        /** Whether it is still worth trying. */
        boolean patient();
    }

    private final Connection connection;
    private final Calls calls;
    private final Worker worker;
    private final LinkedBlockingQueue<Ended> waiting = new LinkedBlockingQueue<>();
    private volatile boolean stopping;
    private Ended first;

    Completes(Connection connection, Calls calls, Worker worker) {
        this.connection = connection;
        this.calls = calls;
        this.worker = worker;
    }

    void add(Ended ended) {
        waiting.add(ended);
    }

    int waiting() {
        return waiting.size();
    }

    void stop() {
        stopping = true;
    }

    /** Hands in what comes until it is stopped and nothing waits. */
    void run() {
        try {
            while (true) {
                List<Ended> batch = next();
                if (batch.isEmpty()) {
                    if (stopping) {
                        return;
                    }
                    continue;
                }
                hand(batch);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Ended> next() throws InterruptedException {
        List<Ended> batch = new ArrayList<>();
        Ended next = first != null ? first : waiting.poll(100, TimeUnit.MILLISECONDS);
        first = null;
        long characters = 0;
        while (next != null) {
            characters += next.result().json().length();
            if (!batch.isEmpty() && (characters > MOST_CHARACTERS || batch.size() >= MOST)) {
                first = next;
                break;
            }
            batch.add(next);
            next = waiting.poll();
        }
        return batch;
    }

    private void hand(List<Ended> batch) throws InterruptedException {
        batch.removeIf(ended -> !worker.holds(ended.task()));
        if (batch.isEmpty()) {
            return;
        }
        List<Connection.Ending> endings = batch.stream()
                .map(ended -> new Connection.Ending(ended.task().getTask(), ended.result()))
                .toList();
        int reserved = worker.reserve();
        Connection.Delivered delivered = null;
        try {
            Take take = reserved == 0 ? null : worker.take(reserved);
            Connection.Completed completed = calls.tried(
                    Calls.WITHOUT_END,
                    () -> worker.patient() && batch.stream().anyMatch(ended -> worker.holds(ended.task())),
                    () -> connection.completeMany(endings, take));
            delivered = completed.delivered();
            boolean again = false;
            for (int i = 0; i < batch.size(); i++) {
                again |= !answered(batch.get(i), completed.verdicts().get(i));
            }
            if (again) {
                Thread.sleep(REST);
            }
        } catch (CallRefused refused) {
            refused(batch, refused);
        } catch (IOException givenUp) {
            LOG.warn("{} results were not handed in: {}", batch.size(), givenUp.getMessage());
        } finally {
            worker.delivered(delivered == null ? new Connection.Delivered(List.of(), List.of()) : delivered, reserved);
        }
    }

    /** False when it has to be handed in once more. */
    private boolean answered(Ended ended, TakenTasks.Verdict verdict) {
        if (verdict.code() >= SERVER_ERROR || verdict.code() == TOO_MANY) {
            waiting.add(ended);
            return false;
        }
        worker.answered(ended.task(), verdict);
        return true;
    }

    /** The call was refused as a whole: each by itself, to find the culprit; one alone is what it is. */
    private void refused(List<Ended> batch, CallRefused refused) throws InterruptedException {
        if (batch.size() > 1) {
            for (Ended ended : batch) {
                hand(new ArrayList<>(List.of(ended)));
            }
            return;
        }
        Ended ended = batch.get(0);
        if (refused.status() == TOO_LARGE) {
            LOG.warn(
                    "The result of task {} is too large for the server",
                    ended.task().id());
            hand(new ArrayList<>(List.of(
                    new Ended(ended.task(), Result.error(TOO_LARGE, "The result is too large for the server")))));
            return;
        }
        worker.answered(ended.task(), new TakenTasks.Verdict(false, refused.status(), refused.getMessage()));
    }
}
