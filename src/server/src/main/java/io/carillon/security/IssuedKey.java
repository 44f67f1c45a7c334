package io.carillon.security;

/**
 * A key that was just made, with its text: the only time that anybody sees it.
 *
 * @param key what is stored of it
 * @param text the key itself
 */
public record IssuedKey(ApiKey key, String text) {

    /** Without the key: a log must not learn it. */
    @Override
    public String toString() {
        return "IssuedKey[" + key.id() + "]";
    }
}
