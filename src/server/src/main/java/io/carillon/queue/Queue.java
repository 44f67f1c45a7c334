package io.carillon.queue;

/**
 * A registered line of work.
 *
 * @param number the queue's number: in its tasks' ids and in its keys' hash tag
 * @param endpoint what its tasks call, such as {@code /v1/chat/completions}
 * @param createdBy the public id of the key that registered it
 * @param createdAt in ms since 1970
 * @param settings what an operator says about it
 * @param settingsVersion counts changes of the settings; 0 when nobody has changed them
 */
public record Queue(
        int number,
        QueueName name,
        String endpoint,
        String createdBy,
        long createdAt,
        String modifiedBy,
        long modifiedAt,
        QueueSettings settings,
        long settingsVersion) {

    /** A queue with the usual settings. */
    public Queue(
            int number,
            QueueName name,
            String endpoint,
            String createdBy,
            long createdAt,
            String modifiedBy,
            long modifiedAt) {
        this(number, name, endpoint, createdBy, createdAt, modifiedBy, modifiedAt, QueueSettings.DEFAULT, 0);
    }

    /** What the names of its keys in Redis begin with. The hash tag puts them into one slot of a cluster. */
    String keyPrefix() {
        return "carillon:{" + number + "}:";
    }
}
