package io.carillon.stream;

import io.carillon.platform.http.Outflow;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * One client that reads server-sent events. Contract: bella-queue 7.3.
 *
 * <p>Nothing here waits for the client, and one that stops reading is cut off; see {@link io.carillon.platform.http.Outflows}.
 *
 * <p>The head of the answer is held back until the first event, the end, or ten seconds, so that an early error can still
 * be told by the HTTP status. After that, comments keep proxies from closing an idle connection. Safe for many threads.
 */
public final class EventStream {
    private static final int OK = 200;
    private static final int REQUEST_TIMEOUT = 408;
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final long HEAD_AFTER = Duration.ofSeconds(10).toNanos();

    private final Outflow out;
    private final EventForm form;

    // Under the lock: what the head says, and whether it can still be changed.
    private boolean headSet;
    private boolean framesSent;
    private boolean ended;

    /** @param out the answer that the events are written to; nobody else writes there */
    public EventStream(Outflow out) {
        this(out, EventForm.NAMED);
    }

    /** As {@link #EventStream(Outflow)}, for a client that wants the answer in that form. */
    public EventStream(Outflow out, EventForm form) {
        this.out = out;
        this.form = form;
    }

    /** Sends an event; does nothing after the end. */
    public void send(Frame frame) {
        send(frame.bytes());
    }

    /** Sends a piece of the answer. */
    void send(Progress progress) {
        send(form.piece(progress));
    }

    private void send(byte[] bytes) {
        synchronized (this) {
            if (ended || bytes.length == 0) {
                return;
            }
            headOfEvents();
            framesSent = true;
            out.offer(bytes);
        }
        out.write();
    }

    /** Ends the stream; without any event it is an empty one. */
    public void end() {
        synchronized (this) {
            if (ended) {
                return;
            }
            headOfEvents();
            ended = true;
        }
        out.end();
    }

    /** Ends the answer with a status and no body when nothing was sent yet, otherwise as {@link #end}. */
    public void endWith(int status) {
        synchronized (this) {
            if (!ended && !headSet) {
                head(status, null);
            }
        }
        end();
    }

    /**
     * Ends the stream with an answer of the worker's or an error: by the HTTP status and a JSON body when the head has not
     * been sent, with an {@code error} event after that. An answer that is no error is sent as a {@code message} event
     * unless events were sent before, for they are the answer then.
     */
    public void end(CallerAnswer answer) {
        // Without the header a client library may send the put again by itself, and the task would run twice.
        end(answer, answer.status() == REQUEST_TIMEOUT ? 1L : null);
    }

    /** @param retryAfter seconds for the header of that name, or null */
    void end(CallerAnswer answer, Long retryAfter) {
        synchronized (this) {
            if (ended) {
                return;
            }
            if (answer.isError() && !headSet) {
                head(answer.status(), "application/json");
                if (retryAfter != null && answer.headers().isEmpty()) {
                    out.header("Retry-After", retryAfter.toString());
                }
                answer.headers().forEach(out::header);
                out.length(answer.body().bytes().length);
                out.offer(answer.body().bytes());
                ended = true;
            }
        }
        if (answer.isError()) {
            send(form.error(answer.asError()));
        } else if (answer.hasBody() && !hasSentFrames()) {
            send(form.whole(answer.body()));
        }
        end();
        out.end();
    }

    private synchronized boolean hasSentFrames() {
        return framesSent;
    }

    /** What shall happen when the client has gone or was cut off before the end; at once when that is so already. */
    public void onGone(Runnable action) {
        out.onGone(action);
    }

    /** Whether nothing that is sent can reach the client any more. */
    public boolean isOver() {
        return out.isOver();
    }

    /** Sends the head or a comment when it is time. */
    void tick(long now) {
        synchronized (this) {
            if (ended
                    || out.isOver()
                    || out.idle(now) < (headSet ? form.patience().toNanos() : HEAD_AFTER)) {
                return;
            }
            headOfEvents();
            out.offer(COMMENT);
        }
        out.write();
    }

    private void headOfEvents() {
        if (!headSet) {
            head(OK, "text/event-stream");
            out.header("X-Accel-Buffering", "no");
        }
    }

    private void head(int status, String type) {
        headSet = true;
        out.head(status, type);
    }
}
