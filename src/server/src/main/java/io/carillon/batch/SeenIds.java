package io.carillon.batch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Which custom ids have come already. It keeps 16 bytes of the SHA-256 of each, so a million take 32 MB at most however long
 * they are, and nobody can make two that collide. For one thread.
 */
final class SeenIds {
    private static final int FIRST_SLOTS = 1 << 10;

    private final MessageDigest digest = sha256();
    /** Pairs, in a table of open addresses; a pair of zeros is a free slot. */
    private long[] slots = new long[2 * FIRST_SLOTS];

    private int size;

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java has SHA-256", impossible);
        }
    }

    /** Whether it is new. */
    boolean add(String id) {
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8)));
        long high = hash.getLong() | 1;
        long low = hash.getLong();
        int slot = find(slots, high, low);
        if (slots[slot] != 0) {
            return false;
        }
        slots[slot] = high;
        slots[slot + 1] = low;
        if (++size * 4L > slots.length / 2 * 3L) {
            grow();
        }
        return true;
    }

    boolean contains(String id) {
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8)));
        long high = hash.getLong() | 1;
        return slots[find(slots, high, hash.getLong())] != 0;
    }

    int size() {
        return size;
    }

    private void grow() {
        long[] larger = new long[2 * slots.length];
        for (int i = 0; i < slots.length; i += 2) {
            if (slots[i] != 0) {
                int slot = find(larger, slots[i], slots[i + 1]);
                larger[slot] = slots[i];
                larger[slot + 1] = slots[i + 1];
            }
        }
        slots = larger;
    }

    /** Where a hash is, or the free slot where it belongs. */
    private static int find(long[] slots, long high, long low) {
        int mask = slots.length / 2 - 1;
        int slot = (int) low & mask;
        while (slots[2 * slot] != 0 && (slots[2 * slot] != high || slots[2 * slot + 1] != low)) {
            slot = slot + 1 & mask;
        }
        return 2 * slot;
    }
}
