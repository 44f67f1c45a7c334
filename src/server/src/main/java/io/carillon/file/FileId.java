package io.carillon.file;

import java.security.SecureRandom;
import java.util.Optional;
import java.util.regex.Pattern;

/** The id of a file: {@code file-} and, in those made here, 22 characters of base 62. Contract: openai-batch 1. */
public record FileId(String text) {
    private static final Pattern FORM = Pattern.compile("file-[A-Za-z0-9_-]{1,59}");
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int LENGTH = 22;
    private static final SecureRandom RANDOM = new SecureRandom();

    public FileId {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("Not the id of a file");
        }
    }

    /** A new one, which nobody can guess. */
    public static FileId random() {
        StringBuilder id = new StringBuilder("file-");
        RANDOM.ints(LENGTH, 0, DIGITS.length()).forEach(digit -> id.append(DIGITS.charAt(digit)));
        return new FileId(id.toString());
    }

    /** What a client sent; empty when no file can have such an id. */
    public static Optional<FileId> parse(String text) {
        return text != null && FORM.matcher(text).matches() ? Optional.of(new FileId(text)) : Optional.empty();
    }

    @Override
    public String toString() {
        return text;
    }
}
