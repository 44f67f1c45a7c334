package io.carillon.queue;

/** What becomes of a task whose waiting caller hangs up. */
public enum OnDisconnect {
    /** It is cancelled, for nobody wants its answer. */
    CANCEL,
    /** It goes on. */
    FINISH
}
