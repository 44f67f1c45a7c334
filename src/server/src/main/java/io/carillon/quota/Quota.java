package io.carillon.quota;

import java.util.Locale;

/** What a key may use only so much of. */
public enum Quota {
    /** Requests to OpenAI's paths that wait or run: online ones and those of batches. */
    QUEUED_REQUESTS,
    /** Batches that have not ended. */
    LIVE_BATCHES,
    /** Bytes of files and unfinished uploads. */
    STORED_BYTES,
    /** Requests to OpenAI's paths in a minute. */
    REQUESTS_PER_MINUTE;

    /** Its name in JSON and in MariaDB. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
