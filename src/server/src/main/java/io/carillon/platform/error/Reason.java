package io.carillon.platform.error;

/** Why a request was refused. A dialect turns it into its own status and words. */
public enum Reason {
    /** The request itself is wrong; sending it again will not help. */
    INVALID,
    /** No key, or one that is not known. */
    UNAUTHENTICATED,
    /** The key is known but may not do this. */
    FORBIDDEN,
    /** What the request names does not exist, or is not the caller's. */
    UNKNOWN,
    /** The state of the thing, or a newer attempt, forbids it. */
    CONFLICT,
    /** The body, or a value in it, is over its limit. */
    TOO_LARGE,
    /** The body is not JSON by its content type. */
    UNSUPPORTED_TYPE,
    /** A queue, or this server, takes no more for now; later it will. */
    FULL,
    /** Nobody answered within the task's time. */
    TIMEOUT,
    /** Redis, MariaDB or this server cannot do it now; later it will. */
    UNAVAILABLE
}
