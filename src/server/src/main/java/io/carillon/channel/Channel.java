package io.carillon.channel;

import io.carillon.queue.QueueName;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;

/** A rule that routes a model to a queue. */
@Entity
@Table(name = "channel")
public class Channel {
    @Id
    @Column(name = "model")
    private String model;

    @Column(name = "endpoint")
    private String endpoint;

    @Column(name = "queue_name")
    private String queue;

    @Column(name = "modified")
    private long modified;

    /** For JPA. */
    protected Channel() {}

    Channel(String model, String endpoint, QueueName queue, Instant modified) {
        this.model = model;
        this.endpoint = endpoint;
        this.queue = queue.text();
        this.modified = modified.toEpochMilli();
    }

    /** The model as callers write it. */
    public String model() {
        return model;
    }

    /** The only endpoint whose tasks are routed; empty when it is all the same. */
    public Optional<String> endpoint() {
        return Optional.ofNullable(endpoint);
    }

    public QueueName queue() {
        return new QueueName(queue);
    }

    /** When it was last written. */
    public Instant modified() {
        return Instant.ofEpochMilli(modified);
    }

    boolean serves(String wanted) {
        return endpoint == null || endpoint.equals(wanted);
    }
}
