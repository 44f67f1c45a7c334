package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/** A connection that stays open, with one request in flight at most. For one thread. */
final class Connection implements AutoCloseable {
    private static final byte[] LENGTH = "\r\ncontent-length:".getBytes(ISO_8859_1);
    private static final byte[] CHUNKED = "\r\ntransfer-encoding:".getBytes(ISO_8859_1);
    private static final byte[] CLOSE = "\r\nconnection: close".getBytes(ISO_8859_1);
    private static final byte[] END = "\r\n\r\n".getBytes(ISO_8859_1);

    final Client client;
    private final InetSocketAddress address;
    private final Selector selector;
    private SocketChannel channel;
    private SelectionKey key;
    private ByteBuffer unsent;
    private byte[] in = new byte[1024];
    private int filled;
    private int head;
    private long sent;
    private boolean waiting;

    Connection(InetSocketAddress address, Selector selector, Client client) {
        this.address = address;
        this.selector = selector;
        this.client = client;
    }

    void send(Request request) throws IOException {
        waiting = true;
        if (channel == null) {
            open();
        }
        filled = 0;
        head = -1;
        sent = System.nanoTime();
        unsent = ByteBuffer.wrap(request.bytes());
        write();
    }

    private void open() throws IOException {
        channel = SocketChannel.open(address);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Sends what it can of the request. */
    void write() throws IOException {
        channel.write(unsent);
        int interest = unsent.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != interest) {
            key.interestOps(interest);
        }
    }

    /**
     * Reads what has come.
     *
     * @param buffer for the time of the call
     * @return null as long as the answer is not complete
     */
    Response read(ByteBuffer buffer) throws IOException {
        buffer.clear();
        int read = channel.read(buffer);
        if (read < 0) {
            throw new IOException("The server closed the connection");
        }
        if (filled + read > in.length) {
            in = Arrays.copyOf(in, Math.max(2 * in.length, filled + read));
        }
        buffer.flip().get(in, filled, read);
        filled += read;
        return parse();
    }

    private Response parse() throws IOException {
        if (head < 0) {
            head = find(END, 0, filled);
            if (head < 0) {
                return null;
            }
        }
        int body = head + END.length;
        int length = find(LENGTH, 0, head);
        int end;
        if (length >= 0) {
            end = body + (int) number(length + LENGTH.length, 10);
            if (filled < end) {
                return null;
            }
        } else if (find(CHUNKED, 0, head) >= 0) {
            end = joined(body);
            if (end < 0) {
                return null;
            }
        } else {
            end = body;
        }
        if (find(CLOSE, 0, head + 2) >= 0) {
            close();
        }
        waiting = false;
        int status = (in[9] - '0') * 100 + (in[10] - '0') * 10 + in[11] - '0';
        return new Response(status, in, body, end, System.nanoTime() - sent);
    }

    /** The end of a body whose chunks were moved together, or -1 when some are to come. */
    private int joined(int body) throws IOException {
        int at = body;
        while (true) {
            int line = find(END, 0, 2, at, filled);
            if (line < 0) {
                return -1;
            }
            int size = (int) number(at, 16);
            int next = line + 2 + size + 2;
            if (next > filled) {
                return -1;
            }
            if (size == 0) {
                break;
            }
            at = next;
        }
        int to = body;
        for (int from = body; ; ) {
            int size = (int) number(from, 16);
            if (size == 0) {
                return to;
            }
            int data = find(END, 0, 2, from, filled) + 2;
            System.arraycopy(in, data, in, to, size);
            to += size;
            from = data + size + 2;
        }
    }

    private long number(int at, int radix) {
        while (in[at] == ' ') {
            at++;
        }
        long value = 0;
        for (int digit = Character.digit(in[at], radix); digit >= 0; digit = Character.digit(in[++at], radix)) {
            value = value * radix + digit;
        }
        return value;
    }

    private int find(byte[] part, int from, int to) {
        return find(part, 0, part.length, from, to);
    }

    /** Where a part is, whose letters are small; those that are looked at may be big. */
    private int find(byte[] part, int first, int length, int from, int to) {
        int last = to - length;
        outer:
        for (int i = from; i <= last; i++) {
            for (int j = 0; j < length; j++) {
                byte b = in[i + j];
                if (b != part[first + j] && !(b >= 'A' && b <= 'Z' && b + 32 == part[first + j])) {
                    continue outer;
                }
            }
            return i;
        }
        return -1;
    }

    /** That there will be no answer, if one was to come; the next request gets a new connection. */
    Response failed(IOException failure) throws IOException {
        close();
        if (!waiting) {
            return null;
        }
        waiting = false;
        return new Response(failure.toString(), System.nanoTime() - sent);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
