package io.carillon.batch;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** The id of a batch: {@code batch_} and 32 hexadecimal digits. Contract: openai-batch 1. */
public record BatchId(String text) {
    private static final Pattern FORM = Pattern.compile("batch_[0-9a-f]{32}");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int PREFIX = "batch_".length();

    public BatchId {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("Not the id of a batch");
        }
    }

    /** A new one, which nobody can guess. */
    public static BatchId random() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return new BatchId("batch_" + HexFormat.of().formatHex(bytes));
    }

    /** What a client sent; empty when no batch can have such an id. */
    public static Optional<BatchId> parse(String text) {
        return text != null && FORM.matcher(text).matches() ? Optional.of(new BatchId(text)) : Optional.empty();
    }

    /** The id of a line's result: the same whenever it is asked for, and no other line's. */
    String request(int line) {
        return "batch_req_" + text.substring(PREFIX, PREFIX + 24)
                + HexFormat.of().toHexDigits(line);
    }

    /** The id of the event that the batch has ended. */
    String event() {
        return "evt_" + text.substring(PREFIX);
    }

    @Override
    public String toString() {
        return text;
    }
}
