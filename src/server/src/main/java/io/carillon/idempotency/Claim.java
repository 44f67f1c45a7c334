package io.carillon.idempotency;

/**
 * What the put of a request with an {@link IdempotencyKey} is to do.
 *
 * @param turn what that is
 * @param key the request's
 * @param taskId the task that is to be put, or that was
 * @param holder tells this request from all others
 * @param fresh whether the key was first claimed only seconds ago, so that a task that is not there may still come
 */
public record Claim(Turn turn, IdempotencyKey key, String taskId, long holder, boolean fresh) {
    /** Whose turn it is. */
    public enum Turn {
        /** This request puts the task. */
        FIRST,
        /** This request puts the task too: whoever was first has not come back, and may or may not have put it. */
        AGAIN,
        /** The task was put before. */
        REPEAT
    }

    /** Whether there is nothing to put. */
    public boolean isRepeat() {
        return turn == Turn.REPEAT;
    }
}
