package io.carillon.batch;

import java.util.Locale;

/** What becomes of a batch; the words are OpenAI's. Contract: openai-batch 4. */
public enum BatchState {
    /** The input file is being checked; no task exists yet. */
    VALIDATING,
    /** The file was refused and nothing was run; or its bytes were lost before all of its lines were tasks, when it had to end. */
    FAILED,
    /** The whole file was accepted; its lines are tasks, or are about to be. */
    IN_PROGRESS,
    /** Every line has a result, or is withdrawn because the batch has expired, and the files are being written. */
    FINALIZING,
    COMPLETED,
    /** Its window ended first. */
    EXPIRED,
    /** Somebody cancelled it, and work is being stopped. */
    CANCELLING,
    CANCELLED;

    /** Whether nothing follows. */
    public boolean isFinal() {
        return this == FAILED || this == COMPLETED || this == EXPIRED || this == CANCELLED;
    }

    /** Whether a batch in this state may go on to the other. */
    public boolean mayBecome(BatchState next) {
        return switch (this) {
            case VALIDATING -> next == IN_PROGRESS || next == FAILED || next == CANCELLING || next == EXPIRED;
            case IN_PROGRESS -> next == FINALIZING || next == CANCELLING;
            case FINALIZING -> next == COMPLETED || next == EXPIRED || next == FAILED;
            case CANCELLING -> next == CANCELLED || next == FAILED;
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> false;
        };
    }

    /** The name on the wire and in MariaDB. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static BatchState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
