package io.carillon.batch;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream into its physical lines, of which one is in memory at a time. Lines end with {@code \n} or {@code \r\n};
 * the last one needs no end. A byte order mark at the beginning of the file is no part of its line. Contract: openai-batch
 * 5.2. For one thread.
 */
final class LineReader implements AutoCloseable {
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final InputStream in;
    private final int longest;
    private final byte[] buffer = new byte[64 << 10];
    private int at;
    private int end;
    private byte[] line = new byte[8 << 10];
    private int length;
    private boolean tooLong;
    private long offset;
    private int number;

    /**
     * @param offset where in the file the stream begins: 0, or after the end of a line
     * @param longest how many bytes a line may have; of a longer one the rest is passed over
     */
    LineReader(InputStream in, long offset, int longest) {
        this.in = in;
        this.offset = offset;
        this.longest = longest;
    }

    /** Goes to the next line; false when there is none. */
    boolean next() throws IOException {
        length = 0;
        tooLong = false;
        boolean first = offset == 0;
        boolean any = false;
        while (true) {
            if (at == end) {
                at = 0;
                end = in.read(buffer);
                if (end <= 0) {
                    end = 0;
                    if (!any) {
                        return false;
                    }
                    break;
                }
            }
            any = true;
            int stop = at;
            while (stop < end && buffer[stop] != '\n') {
                stop++;
            }
            append(at, stop);
            if (stop < end) {
                offset += stop + 1L - at;
                at = stop + 1;
                break;
            }
            offset += end - at;
            at = end;
        }
        number++;
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        if (first && length >= MARK.length && Arrays.equals(line, 0, MARK.length, MARK, 0, MARK.length)) {
            length -= MARK.length;
            System.arraycopy(line, MARK.length, line, 0, length);
        }
        return true;
    }

    private void append(int from, int to) {
        int more = to - from;
        if (tooLong || length + (long) more > longest) {
            tooLong = true;
            return;
        }
        if (length + more > line.length) {
            line = Arrays.copyOf(line, Math.max(length + more, Math.min(longest, 2 * line.length)));
        }
        System.arraycopy(buffer, from, line, length, more);
        length += more;
    }

    /** Whether the line has nothing but white space of ASCII, which is what an upload takes for blank too. */
    boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (line[i] != ' ' && (line[i] < '\t' || line[i] > '\r')) {
                return false;
            }
        }
        return !tooLong;
    }

    /** Whether the line has more bytes than it may; {@link #bytes} has the first of them only. */
    boolean isTooLong() {
        return tooLong;
    }

    /** A copy of the line, without its end. */
    byte[] bytes() {
        return Arrays.copyOf(line, length);
    }

    /** The number of the line, from 1 where the stream began. */
    int number() {
        return number;
    }

    /** The byte of the file after the end of the line. */
    long offset() {
        return offset;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
