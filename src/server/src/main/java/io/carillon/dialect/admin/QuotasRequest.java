package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.quota.Limits;
import io.carillon.quota.Quota;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What somebody says about the quotas of a key. What is not said stays as it is.
 *
 * @param said null for what shall be as the configuration says
 */
record QuotasRequest(Map<Quota, Long> said) {
    private static final long MOST = 1_000_000_000_000_000L;

    static final QuotasRequest NOTHING = new QuotasRequest(Map.of());

    /**
     * Reads the body {@code {"quotas":{...}}}.
     *
     * @throws Refused {@link Reason#INVALID}
     */
    static QuotasRequest of(byte[] body, int depth) {
        QuotasRequest quotas = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            if (!fields.name().equals("quotas")) {
                throw new Refused(
                        Reason.INVALID, "Of a key, only 'quotas' can be changed, not " + fields.name(), fields.name());
            }
            quotas = of(fields.object());
        }
        if (quotas == null) {
            throw new Refused(Reason.INVALID, "Say with 'quotas' what shall be changed", "quotas");
        }
        return quotas;
    }

    /** @param fields of the object, or null when there is none */
    static QuotasRequest of(EnvelopeReader fields) {
        Map<Quota, Long> said = new EnumMap<>(Quota.class);
        while (fields != null && fields.next()) {
            said.put(quota(fields.name()), fields.number(Limits.UNLIMITED, MOST));
        }
        return new QuotasRequest(said);
    }

    private static Quota quota(String name) {
        return Arrays.stream(Quota.values())
                .filter(quota -> quota.text().equals(name))
                .findFirst()
                .orElseThrow(() -> new Refused(
                        Reason.INVALID,
                        "There is no quota '" + name + "', only "
                                + Arrays.stream(Quota.values()).map(Quota::text).collect(Collectors.joining(", ")),
                        "quotas." + name));
    }

    Limits apply(Limits limits) {
        Limits changed = limits;
        for (Map.Entry<Quota, Long> one : said.entrySet()) {
            changed = changed.with(one.getKey(), one.getValue());
        }
        return changed;
    }
}
