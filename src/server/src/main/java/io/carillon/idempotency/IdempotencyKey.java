package io.carillon.idempotency;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a client calls one put, so that it may send it again and still get the same task.
 *
 * @param owner the public id of the client's API key; another's same text is another key
 * @param text the client's
 * @param request SHA-256 of the request that came with it, 32 bytes; not copied
 */
public record IdempotencyKey(String owner, String text, byte[] request) {
    /** The header that carries it. */
    public static final String HEADER = "Idempotency-Key";

    private static final int LONGEST = 255;

    /**
     * The key of a request.
     *
     * @param owner the public id of the caller's API key
     * @param headers the values of {@link #HEADER}; null or empty when there is none
     * @param body the request's body, to the byte
     * @throws Refused ({@link Reason#INVALID}) when it is not one text of 1 to 255 printable ASCII characters
     */
    public static Optional<IdempotencyKey> of(String owner, List<String> headers, byte[] body) {
        if (headers == null || headers.isEmpty()) {
            return Optional.empty();
        }
        String text = headers.get(0);
        if (headers.size() > 1
                || text.isBlank()
                || text.length() > LONGEST
                || text.chars().anyMatch(c -> c < ' ' || c > '~')) {
            throw new Refused(
                    Reason.INVALID, HEADER + " is one text of 1 to " + LONGEST + " printable ASCII characters", HEADER);
        }
        return Optional.of(new IdempotencyKey(owner, text, sha256(body)));
    }

    private static byte[] sha256(byte[] body) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(body);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java has SHA-256", impossible);
        }
    }

    boolean isOfSameRequest(byte[] other) {
        return Arrays.equals(request, other);
    }

    @Override
    public String toString() {
        return "IdempotencyKey[" + owner + "]";
    }
}
