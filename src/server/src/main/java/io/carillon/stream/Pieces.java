package io.carillon.stream;

import io.carillon.platform.json.RawJson;
import java.nio.charset.StandardCharsets;

/** Puts user JSON into JSON of ours, byte by byte. */
final class Pieces {
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private Pieces() {}

    /** @param middle user JSON; null becomes JSON's null */
    static RawJson join(String start, RawJson middle, String end) {
        byte[] first = start.getBytes(StandardCharsets.UTF_8);
        byte[] second = middle == null ? NULL : middle.bytes();
        byte[] third = end.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[first.length + second.length + third.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        System.arraycopy(third, 0, all, first.length + second.length, third.length);
        return new RawJson(all);
    }
}
