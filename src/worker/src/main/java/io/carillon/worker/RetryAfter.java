package io.carillon.worker;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** Reads the header {@code Retry-After} (RFC 9110, 10.2.3), also with a part of a second, as some model servers send it. */
public final class RetryAfter {
    private RetryAfter() {}

    /**
     * How long the sender asks to be left alone.
     *
     * @param header its value, or null when there is none
     * @return zero for a date that is past; empty for what is neither seconds nor a date
     */
    public static Optional<Duration> read(String header) {
        String said = header == null ? "" : header.strip();
        if (said.matches("[0-9]{1,9}(?:\\.[0-9]{1,9})?")) {
            return Optional.of(
                    Duration.ofMillis(new BigDecimal(said).movePointRight(3).longValue()));
        }
        try {
            Duration left =
                    Duration.between(Instant.now(), DateTimeFormatter.RFC_1123_DATE_TIME.parse(said, Instant::from));
            return Optional.of(left.isNegative() ? Duration.ZERO : left);
        } catch (DateTimeException neither) {
            return Optional.empty();
        }
    }
}
