package io.carillon.batch;

import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** The tokens that the results of a batch say they have used, added up. Contract: openai-batch 7. For one thread. */
final class Tokens {
    private long input;
    private long cached;
    private long output;
    private long reasoning;
    private long total;

    /** @param body of a 2xx result */
    void add(RawJson body) {
        body.field("usage").filter(RawJson::isObject).ifPresent(this::addUsage);
    }

    private void addUsage(RawJson usage) {
        long in = 0;
        long out = 0;
        OptionalLong all = OptionalLong.empty();
        EnvelopeReader fields = EnvelopeReader.overChecked(usage);
        while (fields.next()) {
            switch (fields.key()) {
                case "prompt_tokens", "input_tokens" -> in = count(fields.raw());
                case "completion_tokens", "output_tokens" -> out = count(fields.raw());
                case "total_tokens" -> all = number(fields.raw());
                case "prompt_tokens_details", "input_tokens_details" -> cached += detail(fields.raw(), "cached_tokens");
                case "completion_tokens_details", "output_tokens_details" ->
                    reasoning += detail(fields.raw(), "reasoning_tokens");
                default -> {}
            }
        }
        input += in;
        output += out;
        total += all.orElse(in + out);
    }

    private static long detail(RawJson details, String name) {
        return details == null ? 0 : details.field(name).map(Tokens::count).orElse(0L);
    }

    private static long count(RawJson json) {
        return number(json).orElse(0);
    }

    /** What is no whole number counts as not given: a strange worker must not spoil its batch. */
    private static OptionalLong number(RawJson json) {
        try {
            return json == null ? OptionalLong.empty() : OptionalLong.of(Math.max(0, Long.parseLong(json.text())));
        } catch (NumberFormatException none) {
            return OptionalLong.empty();
        }
    }

    /** The usage object. */
    RawJson json() {
        Map<String, Object> usage = new LinkedHashMap<>();
        usage.put("input_tokens", input);
        usage.put("input_tokens_details", Map.of("cached_tokens", cached));
        usage.put("output_tokens", output);
        usage.put("output_tokens_details", Map.of("reasoning_tokens", reasoning));
        usage.put("total_tokens", total);
        return Json.raw(usage);
    }
}
