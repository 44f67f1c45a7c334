package io.carillon.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * A task in the hands of this worker, and what can be said about it. The names are those of Bella-Queue's SDK, and some more.
 * Exactly one of the {@code mark} methods ends it; a second one is an error. When the task has been taken away meanwhile
 * (cancelled, its lease lost, handed back at a stop) they do nothing. Safe for many threads.
 */
public final class TaskWrapper {
    private enum State {
        OPEN,
        ENDED,
        TAKEN_AWAY
    }

    private final Task task;
    private final Worker worker;
    private State state = State.OPEN;
    private boolean parked;
    private int parkings;
    private Thread thread;

    TaskWrapper(Task task, Worker worker) {
        this.task = task;
        this.worker = worker;
    }

    /** The task as it was taken. */
    public Task getTask() {
        return task;
    }

    /** The task's id. */
    public String id() {
        return task.id();
    }

    /** The producer's JSON to the letter; null when there is none. */
    public String getPayload() {
        return task.data();
    }

    /**
     * The producer's JSON as Jackson reads it into a type; null when there is none.
     *
     * @throws IllegalArgumentException when it does not fit
     */
    public <T> T getPayload(Class<T> type) {
        try {
            return task.data() == null ? null : Result.JSON.readValue(task.data(), type);
        } catch (JsonProcessingException unfit) {
            // Without the original message: it quotes the payload.
            throw new IllegalArgumentException("The data of task " + id() + " does not fit " + type.getName());
        }
    }

    /** The producer's JSON as a tree. */
    public JsonNode payload() {
        return getPayload(JsonNode.class);
    }

    /** How often the task was given to a worker, this time included. */
    public int attempt() {
        return task.attempt();
    }

    /** When nobody wants the result any more. */
    public Instant deadline() {
        return task.expires();
    }

    /** What the producer called the work that this is a part of, or null. */
    public String traceId() {
        return task.traceId() == null || task.traceId().isEmpty() ? null : task.traceId();
    }

    /** Whether somebody waits for each progress event of it as it comes. */
    public boolean isStreaming() {
        return "streaming".equals(task.responseMode());
    }

    /** Whether the work is in vain: the task was cancelled, its lease was lost, or the worker had to hand it back. */
    public synchronized boolean isCancelled() {
        return state == State.TAKEN_AWAY;
    }

    /** Ends it well, with what the producer shall get, such as {@code Map.of("status_code", 200, "body", answer)}. */
    public void markComplete(Map<String, ?> completion) {
        end(Result.whole(completion));
    }

    /** Ends it well with status 200 and a body that Jackson writes, or with a {@link Result}. */
    public void markComplete(Object body) {
        end(Result.of(body));
    }

    private void end(Result result) {
        if (close("completed")) {
            worker.ended(this, result);
        }
    }

    /** This attempt failed: the task waits again after its backoff, until it may fail no more; then it is a dead letter. */
    public void markFailed(String reason) {
        markFailed(reason, null);
    }

    /** The same; the next attempt comes no sooner than after {@code delay}. */
    public void markFailed(String reason, Duration delay) {
        if (close("failed")) {
            worker.failed(this, reason == null ? "The attempt failed" : reason, delay);
        }
    }

    /** Begins it again a second later, here; see {@link #markRetryLater(Duration)}. */
    public void markRetryLater() {
        markRetryLater(Duration.ofSeconds(1));
    }

    /**
     * Keeps it and begins it again later, in this worker and as the same attempt, as for a model that is busy now. Nothing
     * counts against the task; it has its place in the worker's capacity and its lease meanwhile, and goes back unharmed when
     * the worker stops.
     */
    public void markRetryLater(Duration delay) {
        synchronized (this) {
            requireOpen("kept for later");
            if (state == State.TAKEN_AWAY) {
                return;
            }
            parked = true;
            parkings++;
        }
        worker.park(this, delay);
    }

    /** Hands it back unharmed, at once: it waits again in its old place, for any worker. */
    public void release(String reason) {
        if (close("handed back")) {
            worker.release(this, reason);
        }
    }

    /**
     * Tells something before the end. A streaming caller sees it at once; others see the latest.
     *
     * @param eventId any text on one line, or null
     * @param eventName such as {@code message}, or null
     * @param eventData anything that Jackson can write; a text reaches a streaming caller as it is
     * @throws IllegalArgumentException when Jackson cannot write it
     * @throws java.io.UncheckedIOException when it cannot be told, also after trying again
     */
    public void emitProgress(String eventId, String eventName, Object eventData) {
        try {
            worker.progress(this, new Progress(eventId, eventName, Result.JSON.writeValueAsString(eventData)));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalArgumentException("An event's data is no JSON", unwritable);
        }
    }

    private synchronized boolean close(String how) {
        requireOpen(how);
        if (state == State.TAKEN_AWAY) {
            return false;
        }
        state = State.ENDED;
        return true;
    }

    private void requireOpen(String how) {
        if (state == State.ENDED || parked) {
            throw new IllegalStateException(
                    "Task " + id() + " cannot be " + how + ": it was ended already, or kept for later");
        }
    }

    /** Whether nobody has said yet what becomes of it. */
    synchronized boolean isOpen() {
        return state == State.OPEN && !parked;
    }

    /** How often it was kept for later. */
    synchronized int parkings() {
        return parkings;
    }

    /** Takes it away from whoever works on it; false when it was over already. */
    synchronized boolean takeAway() {
        if (state != State.OPEN) {
            return false;
        }
        state = State.TAKEN_AWAY;
        if (thread != null) {
            thread.interrupt();
        }
        return true;
    }

    /** The same, when nobody works on it because it is kept for later. */
    synchronized boolean takeAwayIfParked() {
        return parked && takeAway();
    }

    /** False when there is nothing to begin any more. */
    synchronized boolean begin(Thread by) {
        parked = false;
        if (state != State.OPEN) {
            return false;
        }
        thread = by;
        return true;
    }

    /** After this nobody interrupts the thread because of this task. */
    synchronized void leave() {
        if (thread == Thread.currentThread()) {
            thread = null;
        }
        Thread.interrupted();
    }

    /** Without the data. */
    @Override
    public String toString() {
        return task.toString();
    }
}
