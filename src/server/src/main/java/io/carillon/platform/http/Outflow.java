package io.carillon.platform.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer that is given piece by piece. Nothing here waits for the client: what it has not read yet is kept for it, up to
 * a limit, and written when the container says that it takes more. A client that stops reading is cut off. Safe for many
 * threads.
 */
public final class Outflow {
    private static final Logger LOG = LoggerFactory.getLogger(Outflow.class);
    private static final long STALLED_AFTER = Duration.ofSeconds(60).toNanos();
    private static final int SMALL = 8 * 1024;
    private static final int MOST_BYTES = 4 << 20;
    private static final int MOST_PIECES = 10_000;
    /** So much of a piece is written at once: a slow client gets a large one part by part, and each part shows that it reads. */
    private static final int MOST_AT_ONCE = 64 * 1024;

    private static final byte[] NOTHING = {};

    private final Runnable finish;
    private final Consumer<Outflow> ended;
    private final AnswerHeaders always;
    private final HttpServletResponse response;
    private final ServletOutputStream out;
    private final Queue<byte[]> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private final AtomicInteger waitingPieces = new AtomicInteger();
    /** How many reasons there are to write; whoever makes it one writes for all. */
    private final AtomicInteger reasons = new AtomicInteger();

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicBoolean gone = new AtomicBoolean();
    private Runnable whenGone = () -> {};

    private volatile boolean last;
    private volatile boolean overfull;
    private volatile boolean containerBusy = true;
    private volatile long lastOffer = System.nanoTime();
    /** Since when the container is busy, if it is. */
    private volatile long lastProgress = lastOffer;
    // Only whoever writes changes these.
    private volatile byte[] begun;
    private int written;
    private boolean flushed = true;
    private boolean asked;

    /**
     * @param finish ends the request
     * @param ended told once, before that
     */
    Outflow(AsyncContext context, AnswerHeaders always, Runnable finish, Consumer<Outflow> ended) throws IOException {
        this.finish = finish;
        this.ended = ended;
        this.always = always;
        this.response = (HttpServletResponse) context.getResponse();
        this.out = response.getOutputStream();
    }

    /** Lets the container say when it takes something. */
    void listen() {
        out.setWriteListener(new Writing());
    }

    /** Learns from the container that the request has ended. */
    AsyncListener ending() {
        return new Ending();
    }

    /** Whether an answer fits the buffer of a connection, so that no thread waits for a client that does not read. */
    public static boolean isSmall(byte[] answer) {
        return answer.length <= SMALL;
    }

    /**
     * Sets what goes out before the first byte. Must not be called again, nor after {@link #offer}.
     *
     * @param type the content type, or null when there is no body
     */
    public void head(int status, String type) {
        response.setStatus(status);
        if (type != null) {
            response.setContentType(type);
        }
        response.setHeader("Cache-Control", "no-cache");
        always.now().forEach(response::setHeader);
    }

    /** A header more; see {@link #head}. */
    public void header(String name, String value) {
        response.setHeader(name, value);
    }

    /** How long the body is, for a client that waits for no more; see {@link #head}. */
    public void length(int bytes) {
        response.setContentLength(bytes);
    }

    /** Adds a piece, which {@link #write} sends. Pieces go out in the order in which they were added. */
    public void offer(byte[] bytes) {
        if (isClosed()) {
            return;
        }
        waiting.add(bytes);
        lastOffer = System.nanoTime();
        int size = waitingBytes.addAndGet(bytes.length);
        int pieces = waitingPieces.incrementAndGet();
        // A single piece may be larger when nothing else waits.
        if (pieces > MOST_PIECES || size > MOST_BYTES && pieces > 1) {
            overfull = true;
        }
    }

    /** Ends the answer as soon as all of it has been written. */
    public void end() {
        last = true;
        write();
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

    /** Whether nothing that is offered can reach the client any more. */
    public boolean isOver() {
        return over.get();
    }

    /** Whether it takes no more pieces. */
    public boolean isClosed() {
        return over.get() || overfull;
    }

    /** How long ago the last piece was offered, in ns; at first, since when there is an answer to give. */
    public long idle(long now) {
        return now - lastOffer;
    }

    /** Cuts off a client that has stopped reading. */
    void tick(long now) {
        boolean unwritten = last || begun != null || !waiting.isEmpty();
        if (!over.get() && containerBusy && unwritten && now - lastProgress > STALLED_AFTER) {
            cutOff("it has not read for a minute");
        }
    }

    /**
     * Writes what waits, as far as the container takes it. Only one thread at a time does so, without holding a lock: others
     * leave word that there is a reason to write and go on.
     */
    public void write() {
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
            byte[] next = begun == null ? begin() : begun;
            if (next != null) {
                int count = Math.min(next.length - written, MOST_AT_ONCE);
                out.write(next, written, count);
                written += count;
                if (written == next.length) {
                    begun = null;
                }
                flushed = false;
            } else if (!flushed || last && !response.isCommitted()) {
                flushed = true;
                out.flush();
            } else if (last && waiting.isEmpty() && !asked) {
                // Payara keeps to itself that a write failed, and throws at the next one.
                asked = true;
                flushed = false;
                out.write(NOTHING);
            } else if (last && waiting.isEmpty()) {
                complete();
                return;
            } else {
                return;
            }
        }
    }

    /** Null when nothing waits. A piece that was begun does not wait any more. */
    private byte[] begin() {
        byte[] next = waiting.poll();
        if (next != null) {
            begun = next;
            written = 0;
            waitingBytes.addAndGet(-next.length);
            waitingPieces.decrementAndGet();
        }
        return next;
    }

    private boolean ready() {
        if (containerBusy) {
            return false;
        }
        lastProgress = System.nanoTime();
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
            ended.accept(this);
            finish.run();
        }
    }

    private void cutOff(String why) {
        LOG.debug("A reader was cut off: {}", why);
        goneAway();
    }

    private void goneAway() {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        ended.accept(this);
        gone.set(true);
        waiting.clear();
        Runnable action;
        synchronized (this) {
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
