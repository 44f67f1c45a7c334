package io.carillon.security;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The SHA-256 of an API key, all that is kept of it. A key has 256 random bits, so there is nothing to guess and no need
 * for a slow hash.
 */
final class KeyHash {
    static final int BYTES = 32;

    private final byte[] bytes;

    private KeyHash(byte[] bytes) {
        this.bytes = bytes;
    }

    static KeyHash of(String key) {
        try {
            return new KeyHash(MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** A hash that was computed before. */
    static KeyHash stored(byte[] bytes) {
        return new KeyHash(bytes);
    }

    byte[] bytes() {
        return bytes.clone();
    }

    boolean matches(byte[] other) {
        return MessageDigest.isEqual(bytes, other);
    }

    /** In constant time, so that an answer's delay tells nothing about a hash. */
    @Override
    public boolean equals(Object other) {
        return other instanceof KeyHash that && matches(that.bytes);
    }

    @Override
    public int hashCode() {
        return ByteBuffer.wrap(bytes).getInt();
    }

    @Override
    public String toString() {
        return "KeyHash";
    }
}
