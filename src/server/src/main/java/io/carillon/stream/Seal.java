package io.carillon.stream;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * By this instances know each other's events on the bus: a keyed hash of the stream's name and the payload, under a secret
 * that workers do not have. Safe for many threads.
 */
final class Seal {
    private static final String FIELD = "seal";
    private static final String PAYLOAD = "payload";
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec secret;

    Seal(String secret) {
        this.secret = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /** Adds the seal to an entry for the stream of that instance. */
    Map<String, byte[]> put(String instance, Map<String, byte[]> entry) {
        entry.put(FIELD, text(instance, entry.get(PAYLOAD)));
        return entry;
    }

    /** Whether an instance wrote that entry, for the stream of that instance. */
    boolean isOn(String instance, Map<String, byte[]> entry) {
        byte[] seal = entry.get(FIELD);
        byte[] payload = entry.get(PAYLOAD);
        return seal != null && payload != null && MessageDigest.isEqual(seal, text(instance, payload));
    }

    private byte[] text(String instance, byte[] payload) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update(instance.getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            return HexFormat.of().formatHex(mac.doFinal(payload)).getBytes(StandardCharsets.US_ASCII);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("Every Java has " + ALGORITHM, impossible);
        }
    }
}
