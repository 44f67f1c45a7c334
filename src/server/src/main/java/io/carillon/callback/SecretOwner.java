package io.carillon.callback;

/**
 * Whose callbacks a secret signs: those of the tasks that an API key put, or of all tasks of a queue. A queue's secret
 * wins.
 *
 * @param text how it stands in the table
 */
public record SecretOwner(String text) {

    /** @param keyId the public id of the key */
    public static SecretOwner ofKey(String keyId) {
        return new SecretOwner(keyId);
    }

    /** @param number the queue's number */
    public static SecretOwner ofQueue(int number) {
        return new SecretOwner("queue " + number);
    }

    @Override
    public String toString() {
        return text;
    }
}
