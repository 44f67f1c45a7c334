package io.carillon.platform.json;

/** Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off. */
public final class Utf8 {
    private Utf8() {}

    public static boolean isValid(byte[] bytes) {
        return firstInvalid(bytes, 0) < 0;
    }

    /** Where the first byte is that is not UTF-8, or -1. */
    static int firstInvalid(byte[] bytes, int from) {
        int at = from;
        while (at < bytes.length) {
            int first = bytes[at];
            if (first >= 0) {
                at++;
                continue;
            }
            int length = length(first & 0xFF);
            if (length == 0 || length > bytes.length - at || !tailFits(bytes, at, length)) {
                return at;
            }
            at += length;
        }
        return -1;
    }

    private static int length(int first) {
        if (first >= 0xC2 && first <= 0xDF) {
            return 2;
        }
        if (first >= 0xE0 && first <= 0xEF) {
            return 3;
        }
        return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
    }

    private static boolean tailFits(byte[] bytes, int at, int length) {
        for (int i = 1; i < length; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return false;
            }
        }
        int second = bytes[at + 1] & 0xFF;
        return switch (bytes[at] & 0xFF) {
            case 0xE0 -> second >= 0xA0;
            case 0xED -> second <= 0x9F;
            case 0xF0 -> second >= 0x90;
            case 0xF4 -> second <= 0x8F;
            default -> true;
        };
    }
}
