package io.carillon.worker.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow.Publisher;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer as it comes, for one reader, who waits no longer than that for the next piece and may be interrupted.
 * One piece is asked for at a time, so a slow reader makes the sender wait. Closing it ends the request.
 */
final class Pieces extends InputStream implements Subscriber<List<ByteBuffer>> {
    /** What comes: bytes, or the end, which may be a failure. */
    private record Piece(List<ByteBuffer> bytes, Throwable failure) {}

    private final Duration patience;
    private final BlockingQueue<Piece> come = new LinkedBlockingQueue<>();
    private final Deque<ByteBuffer> unread = new ArrayDeque<>();
    private Subscription source;
    private Piece end;

    Pieces(Publisher<List<ByteBuffer>> publisher, Duration patience) {
        this.patience = patience;
        publisher.subscribe(this);
    }

    @Override
    public synchronized void onSubscribe(Subscription subscription) {
        source = subscription;
        source.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        come.add(new Piece(bytes, null));
    }

    @Override
    public void onError(Throwable failure) {
        come.add(new Piece(null, failure));
    }

    @Override
    public void onComplete() {
        come.add(new Piece(null, null));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * @throws HttpTimeoutException when nothing came in time
     * @throws InterruptedIOException when the thread was interrupted
     */
    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, into.length);
        if (length == 0) {
            return 0;
        }
        while (unread.isEmpty()) {
            if (end == null) {
                next();
            } else if (end.failure() == null) {
                return -1;
            } else {
                throw new IOException(end.failure());
            }
        }
        ByteBuffer first = unread.peek();
        int read = Math.min(length, first.remaining());
        first.get(into, from, read);
        if (!first.hasRemaining()) {
            unread.remove();
        }
        return read;
    }

    private void next() throws IOException {
        Piece piece;
        try {
            piece = come.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while the upstream answered");
        }
        if (piece == null) {
            close();
            throw new HttpTimeoutException("The upstream sent nothing for " + patience.toMillis() + " ms");
        }
        if (piece.bytes() == null) {
            end = piece;
            return;
        }
        piece.bytes().stream().filter(ByteBuffer::hasRemaining).forEach(unread::add);
        synchronized (this) {
            source.request(1);
        }
    }

    @Override
    public synchronized void close() {
        if (source != null) {
            source.cancel();
        }
    }
}
