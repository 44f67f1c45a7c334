package io.carillon.stream;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client that reads server-sent events. Contract: bella-queue 7.3.
 *
 * <p>Nothing here waits for the client: what it has not read yet is kept for it, up to a limit, and written when the
 * container says that it takes more. A client that stops reading is cut off and holds up nobody else.
 *
 * <p>The head of the answer is held back until the first event, the end, or ten seconds, so that an early error can still
 * be told by the HTTP status. After that, comments keep proxies from closing an idle connection. Safe for many threads.
 */
public final class EventStream {
    private static final int REQUEST_TIMEOUT = 408;
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final long HEAD_AFTER = Duration.ofSeconds(10).toNanos();
    private static final long COMMENT_EVERY = Duration.ofSeconds(15).toNanos();
    private static final long STALLED_AFTER = Duration.ofSeconds(60).toNanos();
    private static final int MOST_BYTES = 4 << 20;
    private static final int MOST_FRAMES = 10_000;

    private final Runnable finish;
    private final HttpServletResponse response;
    private final ServletOutputStream out;
    private final Queue<byte[]> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private final AtomicInteger waitingFrames = new AtomicInteger();
    /** How many reasons there are to write; whoever makes it one writes for all. */
    private final AtomicInteger reasons = new AtomicInteger();

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicBoolean gone = new AtomicBoolean();

    // Under the lock: what the head says, and whether it can still be changed.
    private boolean headSet;
    private boolean framesSent;
    private boolean ended;
    private Runnable whenGone = () -> {};

    private volatile boolean last;
    private volatile boolean overfull;
    private volatile boolean containerBusy = true;
    private volatile long lastWrite = System.nanoTime();
    private volatile long lastProgress = lastWrite;
    private boolean flushed = true;

    private EventStream(AsyncContext context, Runnable finish) throws IOException {
        this.finish = finish;
        this.response = (HttpServletResponse) context.getResponse();
        this.out = response.getOutputStream();
    }

    /**
     * Takes over the answer to a request of a JAX-RS resource method that has a parameter {@code @Suspended AsyncResponse}.
     * Must be called by that method itself, which then leaves the response alone and returns nothing.
     */
    public static EventStream on(HttpServletRequest request, AsyncResponse suspended) throws IOException {
        // Jersey complains in the log when somebody else ends what it has suspended. By now the head is out, so what
        // status it is given here changes nothing.
        return on(
                request.getAsyncContext(), () -> suspended.resume(Response.ok().build()));
    }

    /** As {@link #on(HttpServletRequest, AsyncResponse)}, for a servlet: the context itself ends the request. */
    public static EventStream on(AsyncContext context) throws IOException {
        return on(context, context::complete);
    }

    /** @param finish ends the request; nothing is written after that */
    static EventStream on(AsyncContext context, Runnable finish) throws IOException {
        context.setTimeout(0);
        EventStream stream = new EventStream(context, finish);
        context.addListener(stream.new Ending());
        stream.out.setWriteListener(stream.new Writing());
        return stream;
    }

    /** Sends an event; does nothing after the end. */
    public void send(Frame frame) {
        synchronized (this) {
            if (ended) {
                return;
            }
            head(200, "text/event-stream");
            framesSent = true;
            offer(frame.bytes());
        }
        write();
    }

    /** Ends the stream; without any event it is an empty one. */
    public void end() {
        synchronized (this) {
            if (ended) {
                return;
            }
            head(200, "text/event-stream");
            ended = true;
        }
        last = true;
        write();
    }

    /** Ends the answer with a status and no body when nothing was sent yet, otherwise as {@link #end}. */
    public void endWith(int status) {
        synchronized (this) {
            if (!ended && !headSet) {
                headSet = true;
                response.setStatus(status);
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
                if (retryAfter != null) {
                    response.setHeader("Retry-After", retryAfter.toString());
                }
                head(answer.status(), "application/json");
                response.setContentLength(answer.body().bytes().length);
                offer(answer.body().bytes());
                ended = true;
            }
        }
        if (answer.isError()) {
            send(Frame.error(answer.asError()));
        } else if (answer.hasBody() && !hasSentFrames()) {
            send(new Frame(null, "message", answer.body()));
        }
        end();
        last = true;
        write();
    }

    private synchronized boolean hasSentFrames() {
        return framesSent;
    }

    /** What shall happen when the client has gone or was cut off before the end; at once when that is so already. */
    public void onGone(Runnable action) {
        synchronized (this) {
            whenGone = action;
        }
        if (gone.get()) {
            action.run();
        }
    }

    /** Whether nothing that is sent can reach the client any more. */
    public boolean isOver() {
        return over.get();
    }

    /** Sends the head or a comment when it is time, and cuts off a client that has stopped reading. */
    void tick(long now) {
        if (over.get()) {
            return;
        }
        if (containerBusy && !waiting.isEmpty() && now - lastProgress > STALLED_AFTER) {
            cutOff("it has not read for a minute");
            return;
        }
        synchronized (this) {
            if (ended || now - lastWrite < (headSet ? COMMENT_EVERY : HEAD_AFTER)) {
                return;
            }
            head(200, "text/event-stream");
            offer(COMMENT);
        }
        write();
    }

    private void head(int status, String type) {
        if (headSet) {
            return;
        }
        headSet = true;
        response.setStatus(status);
        response.setContentType(type);
        response.setHeader("Cache-Control", "no-cache");
        if (status == 200) {
            response.setHeader("X-Accel-Buffering", "no");
        }
    }

    private void offer(byte[] bytes) {
        waiting.add(bytes);
        lastWrite = System.nanoTime();
        int size = waitingBytes.addAndGet(bytes.length);
        int frames = waitingFrames.incrementAndGet();
        // A single event may be larger when nothing else waits.
        if (frames > MOST_FRAMES || size > MOST_BYTES && frames > 1) {
            ended = true;
            overfull = true;
        }
    }

    /**
     * Writes what waits, as far as the container takes it. Only one thread at a time does so, without holding a lock: others
     * leave word that there is a reason to write and go on.
     */
    private void write() {
        if (reasons.getAndIncrement() != 0) {
            return;
        }
        int done = 1;
        do {
            try {
                writeAll();
            } catch (IOException | RuntimeException broken) {
                goneAway();
            }
            done = reasons.addAndGet(-done);
        } while (done != 0);
    }

    private void writeAll() throws IOException {
        if (over.get()) {
            return;
        }
        if (overfull) {
            cutOff("it reads too slowly");
            return;
        }
        while (ready()) {
            byte[] next = waiting.poll();
            if (next != null) {
                out.write(next);
                waitingBytes.addAndGet(-next.length);
                waitingFrames.decrementAndGet();
                lastProgress = System.nanoTime();
                flushed = false;
            } else if (!flushed || last && !response.isCommitted()) {
                flushed = true;
                out.flush();
            } else if (last && waiting.isEmpty()) {
                complete();
                return;
            } else {
                return;
            }
        }
    }

    private boolean ready() {
        if (containerBusy) {
            return false;
        }
        // Before the question, for the container's call may come before its answer is seen.
        containerBusy = true;
        if (!out.isReady()) {
            return false;
        }
        containerBusy = false;
        return true;
    }

    private void complete() {
        if (over.compareAndSet(false, true)) {
            finish.run();
        }
    }

    private void cutOff(String why) {
        LOG.debug("A reader of events was cut off: {}", why);
        goneAway();
    }

    private void goneAway() {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        gone.set(true);
        waiting.clear();
        Runnable action;
        synchronized (this) {
            ended = true;
            action = whenGone;
        }
        try {
            finish.run();
        } catch (RuntimeException already) {
            LOG.trace("The container has ended the request already", already);
        }
        action.run();
    }

    private final class Writing implements WriteListener {
        @Override
        public void onWritePossible() {
            lastProgress = System.nanoTime();
            containerBusy = false;
            write();
        }

        @Override
        public void onError(Throwable failure) {
            goneAway();
        }
    }

    private final class Ending implements AsyncListener {
        @Override
        public void onComplete(AsyncEvent event) {
            goneAway();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            goneAway();
        }

        @Override
        public void onError(AsyncEvent event) {
            goneAway();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {}
    }
}
