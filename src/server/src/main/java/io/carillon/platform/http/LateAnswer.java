package io.carillon.platform.http;

import java.util.Map;
import java.util.function.Supplier;

/**
 * An answer in JSON that may come late, to a client that may hang up meanwhile. A server notices that only when it writes. So
 * a line break, with which JSON may begin as often as it likes, asks the client whether it is still there; the head of the
 * answer goes out with the first one, and from then on the status is 200. Safe for many threads.
 */
public final class LateAnswer {
    private static final int OK = 200;
    private static final byte[] LINE_BREAK = {'\n'};

    private final Outflow out;
    private boolean headSet;
    private boolean given;

    LateAnswer(Outflow out) {
        this.out = out;
    }

    /**
     * Asks the client whether it is there. One that has just hung up still seems to be: the first question finds out, and the
     * next one knows.
     */
    public boolean isThere() {
        synchronized (this) {
            if (given) {
                return !out.isOver();
            }
            head(OK);
            out.offer(LINE_BREAK);
        }
        out.write();
        return !out.isOver();
    }

    /** What shall happen when the client has gone before it got the whole answer; at once when that is so already. */
    public void onGone(Runnable action) {
        out.onGone(action);
    }

    /** Gives the answer. */
    public void give(byte[] json) {
        give(json, Map::of);
    }

    /**
     * Gives the answer.
     *
     * @param headers more for its head; not asked for when that is out already, or when there was an answer
     */
    public void give(byte[] json, Supplier<Map<String, String>> headers) {
        synchronized (this) {
            if (given) {
                return;
            }
            if (!headSet) {
                head(OK);
                headers.get().forEach(out::header);
                out.length(json.length);
            }
            out.offer(json);
            given = true;
        }
        out.end();
    }

    /**
     * Refuses, or, when the head is out, gives what says the least.
     *
     * @param otherwise the answer when it is too late for another status than 200
     */
    public void refuse(ErrorAnswer refusal, byte[] otherwise) {
        synchronized (this) {
            if (!headSet && !given) {
                byte[] body = refusal.body().bytes();
                out.head(refusal.status(), "application/json");
                refusal.headers().forEach(out::header);
                out.length(body.length);
                out.offer(body);
                headSet = true;
                given = true;
            }
        }
        give(otherwise);
        out.end();
    }

    private void head(int status) {
        if (!headSet) {
            headSet = true;
            out.head(status, "application/json");
        }
    }
}
