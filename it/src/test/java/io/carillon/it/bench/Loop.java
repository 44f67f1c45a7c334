package io.carillon.it.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Drives any number of clients in the calling thread. */
final class Loop implements AutoCloseable {
    private record Paused(long until, Connection connection, Request request) {}

    private final InetSocketAddress address;
    private final Selector selector;
    private final List<Connection> connections = new ArrayList<>();
    private final PriorityQueue<Paused> paused = new PriorityQueue<>((a, b) -> Long.signum(a.until - b.until));
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    private int busy;

    Loop(InetSocketAddress address) throws IOException {
        this.address = address;
        this.selector = Selector.open();
    }

    /** Lets a client begin. */
    void add(Client client) throws IOException {
        Connection connection = new Connection(address, selector, client);
        connections.add(connection);
        busy++;
        next(connection, null);
    }

    /** How many clients have not done what they should. */
    int busy() {
        return busy;
    }

    /**
     * Runs until that is so.
     *
     * @throws IllegalStateException when it is not within that time
     */
    void runUntil(BooleanSupplier over, Duration atMost) throws IOException {
        long end = System.nanoTime() + atMost.toNanos();
        while (!over.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(
                        busy + " clients were not answered within " + atMost.toSeconds() + " s");
            }
            selector.select(Math.max(1, Math.min(100, untilNext())));
            Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
            while (keys.hasNext()) {
                SelectionKey key = keys.next();
                keys.remove();
                go(key);
            }
            while (!paused.isEmpty() && paused.peek().until - System.nanoTime() <= 0) {
                Paused one = paused.poll();
                send(one.connection, one.request);
            }
        }
    }

    private long untilNext() {
        return paused.isEmpty() ? 100 : TimeUnit.NANOSECONDS.toMillis(paused.peek().until - System.nanoTime());
    }

    private void go(SelectionKey key) throws IOException {
        Connection connection = (Connection) key.attachment();
        Response answer;
        try {
            if (key.isValid() && key.isWritable()) {
                connection.write();
            }
            if (!key.isValid() || !key.isReadable()) {
                return;
            }
            answer = connection.read(buffer);
        } catch (IOException failure) {
            answer = connection.failed(failure);
        }
        if (answer != null) {
            next(connection, answer);
        }
    }

    private void next(Connection connection, Response answer) throws IOException {
        Request request = connection.client.next(answer);
        if (request == null) {
            busy--;
            connection.close();
        } else if (request.pause() > 0) {
            paused.add(new Paused(System.nanoTime() + request.pause(), connection, request));
        } else {
            send(connection, request);
        }
    }

    private void send(Connection connection, Request request) throws IOException {
        try {
            connection.send(request);
        } catch (IOException failure) {
            // Not at once, so that a server that is gone does not keep the loop from its end.
            Request again = connection.client.next(connection.failed(failure));
            if (again == null) {
                busy--;
            } else {
                paused.add(new Paused(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(10), connection, again));
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.close();
        }
        selector.close();
    }
}
