package io.carillon.queue;

/**
 * A registered line of work.
 *
 * @param number the queue's number: in its tasks' ids and in its keys' hash tag
 * @param endpoint what its tasks call, such as {@code /v1/chat/completions}
 * @param createdBy the public id of the key that registered it
 * @param createdAt in ms since 1970
 */
public record Queue(
        int number,
        QueueName name,
        String endpoint,
        String createdBy,
        long createdAt,
        String modifiedBy,
        long modifiedAt) {}
