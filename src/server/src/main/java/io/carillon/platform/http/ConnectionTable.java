package io.carillon.platform.http;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * The TCP connections of this machine as Linux lists them in {@code /proc/net/tcp} and {@code /proc/net/tcp6}, a line each:
 *
 * <pre>   3: 0100007F:1F90 0100007F:BAF2 01 00000000:00000000 ...</pre>
 *
 * the number, address and port here, address and port there, the state. An address is printed in words of four bytes, each
 * as this machine would read them as a number. Lines of any other form are skipped. For one thread at a time.
 */
final class ConnectionTable {
    /** Both ends are open. */
    static final int ESTABLISHED = 0x01;

    /** No connection any more. */
    static final int CLOSE = 0x07;

    /** The other end has closed, this one has not. */
    static final int CLOSE_WAIT = 0x08;

    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final int WORD = 8;
    private static final int PORT = 4;
    private static final int STATE = 2;

    /** Learns of each connection. */
    interface Reader {
        void connection(Connection connection, int state);
    }

    private final Path file;
    // More than the system gives at once, and than any line has.
    private final byte[] buffer = new byte[8 * 1024];

    // The line that is read: where, up to where, and whether it has another form.
    private int at;
    private int end;
    private boolean odd;

    ConnectionTable(Path file) {
        this.file = file;
    }

    void read(Reader reader) throws IOException {
        try (InputStream in = new FileInputStream(file.toFile())) {
            int kept = 0;
            for (int read; (read = in.read(buffer, kept, buffer.length - kept)) > 0; ) {
                int filled = kept + read;
                int from = 0;
                for (int i = kept; i < filled; i++) {
                    if (buffer[i] == '\n') {
                        line(from, i, reader);
                        from = i + 1;
                    }
                }
                kept = filled - from;
                if (kept == buffer.length) {
                    throw new IOException(file + " has a line that is too long");
                }
                System.arraycopy(buffer, from, buffer, 0, kept);
            }
        }
    }

    private void line(int from, int to, Reader reader) {
        at = from;
        end = to;
        odd = false;
        skipTo(':');
        skipSpaces();
        skipTo(':');
        int localPort = hex(PORT);
        skipSpaces();
        int first = word();
        boolean ipv4 = at < end && buffer[at] == ':';
        int second = ipv4 ? 0 : word();
        int third = ipv4 ? 0 : word();
        int fourth = ipv4 ? 0 : word();
        skip(':');
        int remotePort = hex(PORT);
        skipSpaces();
        int state = hex(STATE);
        if (odd) {
            return;
        }
        reader.connection(
                ipv4
                        ? Connection.ipv4(localPort, first, remotePort)
                        : new Connection(localPort, joined(first, second), joined(third, fourth), remotePort),
                state);
    }

    private static long joined(int high, int low) {
        return (long) high << Integer.SIZE | Integer.toUnsignedLong(low);
    }

    private void skipSpaces() {
        while (at < end && buffer[at] == ' ') {
            at++;
        }
    }

    private void skipTo(char sign) {
        while (at < end && buffer[at] != sign) {
            at++;
        }
        skip(sign);
    }

    private void skip(char sign) {
        if (at < end && buffer[at] == sign) {
            at++;
        } else {
            odd = true;
        }
    }

    private int word() {
        int word = hex(WORD);
        return LITTLE_ENDIAN ? Integer.reverseBytes(word) : word;
    }

    private int hex(int digits) {
        if (end - at < digits) {
            odd = true;
            return 0;
        }
        int number = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit((char) buffer[at++], 16);
            odd |= digit < 0;
            number = number << 4 | digit;
        }
        return number;
    }
}
