package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/** An answer. Its body lies in the connection's buffer until the next request, and is read where it lies. */
final class Response {
    private static final byte[] TASK_ID = "\"task_id\":\"".getBytes(UTF_8);

    private final int status;
    private final byte[] buffer;
    private final int from;
    private final int to;
    private final long nanos;
    private final String failure;

    Response(int status, byte[] buffer, int from, int to, long nanos) {
        this.status = status;
        this.buffer = buffer;
        this.from = from;
        this.to = to;
        this.nanos = nanos;
        this.failure = null;
    }

    /** There is none. */
    Response(String failure, long nanos) {
        this.status = 0;
        this.buffer = new byte[0];
        this.from = 0;
        this.to = 0;
        this.nanos = nanos;
        this.failure = failure;
    }

    boolean ok() {
        return status >= 200 && status < 300;
    }

    /** From the first byte sent to the last one read. */
    long nanos() {
        return nanos;
    }

    String text() {
        return new String(buffer, from, to - from, UTF_8);
    }

    /** How often the body has that. */
    int count(byte[] part) {
        int count = 0;
        for (int at = find(part, from); at >= 0; at = find(part, at + part.length)) {
            count++;
        }
        return count;
    }

    /** The ids of tasks that a take brought, after the first {@code after} if that is there. */
    List<String> taskIds(byte[] after) {
        List<String> ids = new ArrayList<>();
        int start = after == null ? from : find(after, from);
        if (start < 0) {
            return ids;
        }
        for (int at = find(TASK_ID, start); at >= 0; at = find(TASK_ID, at)) {
            at += TASK_ID.length;
            ids.add(textUntilQuote(at));
        }
        return ids;
    }

    /** The text after that, up to the next quotation mark; null if it is not there. */
    String textAfter(byte[] part) {
        int at = find(part, from);
        return at < 0 ? null : textUntilQuote(at + part.length);
    }

    private String textUntilQuote(int at) {
        int end = at;
        while (end < to && buffer[end] != '"') {
            end++;
        }
        return new String(buffer, at, end - at, UTF_8);
    }

    private int find(byte[] part, int start) {
        int last = to - part.length;
        outer:
        for (int i = start; i <= last; i++) {
            for (int j = 0; j < part.length; j++) {
                if (buffer[i + j] != part[j]) {
                    continue outer;
                }
            }
            return i;
        }
        return -1;
    }

    @Override
    public String toString() {
        String text = failure != null ? failure : text();
        return "HTTP " + status + " " + (text.length() > 200 ? text.substring(0, 200) + "..." : text);
    }
}
