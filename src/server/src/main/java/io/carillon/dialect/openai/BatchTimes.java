package io.carillon.dialect.openai;

import java.time.Instant;
import java.util.Optional;

/**
 * How a batch's instants are on the wire. OpenAI's are seconds; Bella-Queue's are milliseconds, and its {@code expired_at} is
 * the deadline, whether the batch has expired or not. Contract: bella-queue 3.8.
 */
enum BatchTimes {
    SECONDS("s"),
    MILLISECONDS("ms");

    /** The header of a request that wants it otherwise than the server has it. */
    static final String HEADER = "X-Carillon-Time-Unit";

    private final String word;

    BatchTimes(String word) {
        this.word = word;
    }

    /**
     * What a request wants.
     *
     * @param header null or blank when it says nothing
     * @param usual what it gets then
     * @throws io.carillon.platform.error.Refused 400 {@code invalid_value}
     */
    static BatchTimes of(String header, BatchTimes usual) {
        if (header == null || header.isBlank()) {
            return usual;
        }
        for (BatchTimes each : values()) {
            if (each.word.equals(header.strip())) {
                return each;
            }
        }
        throw Invalid.value(HEADER, header, SECONDS.word, MILLISECONDS.word);
    }

    long of(Instant instant) {
        return this == SECONDS ? instant.getEpochSecond() : instant.toEpochMilli();
    }

    Long of(Optional<Instant> instant) {
        return instant.map(this::of).orElse(null);
    }

    /** What {@code expired_at} is. */
    Long expired(Optional<Instant> expired, Instant deadline) {
        return this == SECONDS ? of(expired) : Long.valueOf(of(deadline));
    }
}
