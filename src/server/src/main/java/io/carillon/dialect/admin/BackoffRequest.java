package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.Backoff;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A change of a backoff; what is null stays as it is. */
public record BackoffRequest(Backoff.Type type, Duration delay, Duration max, Double jitter)
        implements UnaryOperator<Backoff> {

    /**
     * Reads it.
     *
     * @param fields those inside the field that is the backoff
     * @throws Refused {@link Reason#INVALID}, naming the field
     */
    public static BackoffRequest of(EnvelopeReader fields) {
        Backoff usual = Backoff.USUAL;
        Backoff.Type type = null;
        Duration delay = null;
        Duration max = null;
        Double jitter = null;
        while (fields.next()) {
            switch (fields.name()) {
                case "type" ->
                    type = Fields.word(
                            fields,
                            usual.type(),
                            Map.of("fixed", Backoff.Type.FIXED, "exponential", Backoff.Type.EXPONENTIAL),
                            "fixed or exponential");
                case "delay_ms" -> delay = Fields.millis(fields, usual.delay());
                case "max_ms" -> max = Fields.millis(fields, usual.max());
                case "jitter" -> jitter = Fields.decimal(fields, usual.jitter());
                default -> throw Fields.unknown(fields, "setting");
            }
        }
        return new BackoffRequest(type, delay, max, jitter);
    }

    @Override
    public Backoff apply(Backoff before) {
        return new Backoff(
                type == null ? before.type() : type,
                delay == null ? before.delay() : delay,
                max == null ? before.max() : max,
                jitter == null ? before.jitter() : jitter);
    }
}
