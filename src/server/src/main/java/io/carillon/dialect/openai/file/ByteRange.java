package io.carillon.dialect.openai.file;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a file's bytes, as the header {@code Range} asks for it (RFC 9110, 14).
 *
 * @param from the first byte
 * @param to the last byte
 * @param size of the whole file
 */
record ByteRange(long from, long to, long size) {
    private static final Pattern ONE = Pattern.compile("bytes=\\s*(?:(\\d{1,18})-(\\d{1,18})?|-(\\d{1,18}))\\s*");

    /** What a file of that size has nothing of. */
    static final class NotThere extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /**
     * The range that a request asks for.
     *
     * @param header null for none
     * @return empty when all is to be sent: there is no header, or one that need not be understood, such as several ranges
     * @throws NotThere when the range begins behind the end
     */
    static Optional<ByteRange> of(String header, long size) throws NotThere {
        Matcher matcher = ONE.matcher(header == null ? "" : header);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        if (matcher.group(3) != null) {
            long last = Math.min(Long.parseLong(matcher.group(3)), size);
            if (last == 0) {
                throw new NotThere();
            }
            return Optional.of(new ByteRange(size - last, size - 1, size));
        }
        long from = Long.parseLong(matcher.group(1));
        long to = matcher.group(2) == null ? size - 1 : Math.min(Long.parseLong(matcher.group(2)), size - 1);
        if (matcher.group(2) != null && Long.parseLong(matcher.group(2)) < from) {
            return Optional.empty();
        }
        if (from >= size) {
            throw new NotThere();
        }
        return Optional.of(new ByteRange(from, to, size));
    }

    long length() {
        return to - from + 1;
    }

    /** As the header {@code Content-Range} says it. */
    String text() {
        return "bytes " + from + "-" + to + "/" + size;
    }
}
