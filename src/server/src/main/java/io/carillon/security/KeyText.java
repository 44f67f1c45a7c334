package io.carillon.security;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/** How keys and their public ids are spelled. */
final class KeyText {
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final String PREFIX = "sk-carillon-";
    /** 43 characters of 62 hold the 256 bits that a SHA-256 is worth. */
    private static final int RANDOM = 43;

    private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9A-Za-z]{" + RANDOM + "}");
    private static final Pattern ID_FORM = Pattern.compile("ck_[0-9A-Za-z]{1,29}");
    private static final SecureRandom SOURCE = new SecureRandom();

    private KeyText() {}

    static String newKey() {
        return PREFIX + random(RANDOM);
    }

    /** A public id; 20 characters are enough never to meet one again. */
    static String newId() {
        return "ck_" + random(20);
    }

    /** Whether this server could have issued it; anything else is not worth a look into the database. */
    static boolean looksIssued(String key) {
        return FORM.matcher(key).matches();
    }

    /** Whether it could be a public id; MariaDB refuses to compare other characters with an ASCII column. */
    static boolean looksLikeId(String id) {
        return ID_FORM.matcher(id).matches();
    }

    private static String random(int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(ALPHABET.charAt(SOURCE.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }
}
