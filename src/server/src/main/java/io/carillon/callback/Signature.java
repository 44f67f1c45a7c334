package io.carillon.callback;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs callbacks as Standard Webhooks (standardwebhooks.com) says, so that a receiver can check with any of its libraries
 * that they come from here, are whole and are not old.
 */
final class Signature {
    private Signature() {}

    /**
     * The value of {@code webhook-signature}: one signature for each secret, so that a secret can be exchanged without a
     * moment in which the receiver knows none of them.
     *
     * @param id the value of {@code webhook-id}
     * @param timestamp the value of {@code webhook-timestamp}, in seconds since 1970
     * @param secrets the raw bytes of the secrets; at least one
     */
    static String of(String id, long timestamp, byte[] body, List<byte[]> secrets) {
        byte[] head = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
        return secrets.stream().map(secret -> "v1," + hmac(secret, head, body)).collect(Collectors.joining(" "));
    }

    private static String hmac(byte[] secret, byte[] head, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update(head);
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("Every Java has HmacSHA256", impossible);
        }
    }
}
