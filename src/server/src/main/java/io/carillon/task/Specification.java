package io.carillon.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a task was put with and never changes, apart from its data. In Redis it is one field of the task's hash.
 *
 * @param queue the queue's name
 * @param endpoint what the worker shall call, such as {@code /v1/chat/completions}
 * @param owner the public id of the producer's key
 * @param callbackUrl where the result goes, or null
 * @param traceId the producer's correlation id, or null
 * @param batchId the batch that the task is of, or null
 * @param customId the producer's name for it in the batch, or null
 * @param group whose share of the queue it belongs to, such as a tenant, at most 128 characters; null for none
 * @param line which line of the batch it is, from 1; null for a task that no batch of ours put
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Specification(
        String queue,
        String endpoint,
        String owner,
        String callbackUrl,
        String traceId,
        String batchId,
        String customId,
        String group,
        Integer line) {
    /** One that is no line of a batch. */
    public Specification(
            String queue,
            String endpoint,
            String owner,
            String callbackUrl,
            String traceId,
            String batchId,
            String customId,
            String group) {
        this(queue, endpoint, owner, callbackUrl, traceId, batchId, customId, group, null);
    }

    /** One of no group. */
    public Specification(
            String queue,
            String endpoint,
            String owner,
            String callbackUrl,
            String traceId,
            String batchId,
            String customId) {
        this(queue, endpoint, owner, callbackUrl, traceId, batchId, customId, null, null);
    }

    private static final ObjectReader READER = new ObjectMapper().readerFor(Specification.class);
    private static final ObjectWriter WRITER = new ObjectMapper().writerFor(Specification.class);

    byte[] json() {
        try {
            return WRITER.writeValueAsBytes(this);
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static Specification parse(byte[] json) {
        try {
            return READER.readValue(json);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
