package io.carillon.dialect.task;

import io.carillon.callback.CallbackState;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import java.util.Optional;

/**
 * Replays many callbacks.
 *
 * @param state failed or delivered
 * @param queue only those of this queue's tasks
 * @param limit how many at most
 */
record ReplayRequest(CallbackState state, Optional<String> queue, int limit) {
    private static final int USUAL = 1_000;
    private static final int MOST = 10_000;

    /**
     * Reads the body of a request, which may be left out.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}
     */
    static ReplayRequest of(byte[] body, int depth) {
        CallbackState state = CallbackState.FAILED;
        String queue = null;
        int limit = USUAL;
        if (body.length > 0) {
            EnvelopeReader fields = EnvelopeReader.over(body, depth);
            while (fields.next()) {
                switch (fields.name()) {
                    case "state" -> {
                        String word = fields.text();
                        state = word == null ? CallbackState.FAILED : CallbackState.of(word);
                    }
                    case "queue" -> queue = fields.text();
                    case "limit" -> {
                        Integer most = fields.integer(1, MOST);
                        limit = most == null ? USUAL : most;
                    }
                    default -> {}
                }
            }
        }
        if (state == CallbackState.PENDING) {
            throw new Refused(
                    Reason.INVALID, "A pending callback is sent anyway; state is failed or delivered", "state");
        }
        return new ReplayRequest(state, Optional.ofNullable(queue).filter(name -> !name.isBlank()), limit);
    }
}
