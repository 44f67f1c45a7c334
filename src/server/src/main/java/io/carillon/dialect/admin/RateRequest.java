package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.Rate;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A change of a rate; what is null stays as it is. A rate that was not there needs a limit, and is per second. */
record RateRequest(Integer limit, Duration per) implements UnaryOperator<Rate> {

    /** @throws Refused {@link Reason#INVALID}, naming the field */
    static RateRequest of(EnvelopeReader fields) {
        Integer limit = null;
        Duration per = null;
        while (fields.next()) {
            switch (fields.name()) {
                case "limit" -> limit = Fields.count(fields, 0);
                case "per" ->
                    per = Fields.word(
                            fields,
                            Rate.SECOND,
                            Map.of("second", Rate.SECOND, "minute", Rate.MINUTE),
                            "second or minute");
                default -> throw Fields.unknown(fields, "setting");
            }
        }
        return new RateRequest(limit, per);
    }

    @Override
    public Rate apply(Rate before) {
        if (before == null) {
            return new Rate(limit == null ? 0 : limit, per == null ? Rate.SECOND : per);
        }
        return new Rate(limit == null ? before.limit() : limit, per == null ? before.per() : per);
    }
}
