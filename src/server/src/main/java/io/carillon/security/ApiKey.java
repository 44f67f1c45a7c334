package io.carillon.security;

import io.carillon.quota.Limits;
import io.carillon.quota.Quota;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** An API key as it is stored: everything but the key itself. Instants are milliseconds since 1970, UTC. */
@Entity
@Table(name = "api_key")
public class ApiKey {
    @Id
    @Column(name = "id", updatable = false)
    private String id;

    @Column(name = "hash", updatable = false)
    private byte[] hash;

    @Column(name = "name", updatable = false)
    private String name;

    /** Texts with commas between them, as the queues: short lists that are only ever read as a whole. */
    @Column(name = "roles", updatable = false)
    private String roles;

    @Column(name = "queues", updatable = false)
    private String queues;

    @Column(name = "created", updatable = false)
    private long created;

    @Column(name = "expires", updatable = false)
    private Long expires;

    @Column(name = "revoked")
    private Long revoked;

    @Column(name = "last_used")
    private Long lastUsed;

    @Column(name = "quota_queued_requests")
    private Long queuedRequests;

    @Column(name = "quota_live_batches")
    private Long liveBatches;

    @Column(name = "quota_stored_bytes")
    private Long storedBytes;

    @Column(name = "quota_requests_per_minute")
    private Long requestsPerMinute;

    /** For JPA. */
    protected ApiKey() {}

    ApiKey(
            String id,
            KeyHash hash,
            String name,
            Set<Role> roles,
            AllowedQueues queues,
            Limits limits,
            Instant created,
            Instant expires) {
        this.id = id;
        this.hash = hash.bytes();
        this.name = name;
        this.roles = roles.stream().sorted().map(Role::text).collect(Collectors.joining(","));
        this.queues = String.join(",", queues.patterns());
        this.created = created.toEpochMilli();
        this.expires = expires == null ? null : expires.toEpochMilli();
        limit(limits);
    }

    /** The public id, {@code ck_...}. */
    public String id() {
        return id;
    }

    public String name() {
        return name;
    }

    public Set<Role> roles() {
        Set<Role> all = EnumSet.noneOf(Role.class);
        Arrays.stream(roles.split(",")).map(Role::of).forEach(all::add);
        return all;
    }

    public AllowedQueues queues() {
        return queues.isEmpty() ? AllowedQueues.ALL : new AllowedQueues(List.of(queues.split(",")));
    }

    public Instant created() {
        return Instant.ofEpochMilli(created);
    }

    /** From when on it is not accepted; empty when it does not expire. */
    public Optional<Instant> expires() {
        return Optional.ofNullable(expires).map(Instant::ofEpochMilli);
    }

    /** When it was revoked. */
    public Optional<Instant> revoked() {
        return Optional.ofNullable(revoked).map(Instant::ofEpochMilli);
    }

    /** When it was last used, to the minute. */
    public Optional<Instant> lastUsed() {
        return Optional.ofNullable(lastUsed).map(Instant::ofEpochMilli);
    }

    /** How much it may use, where the configuration's usual does not hold. */
    public Limits limits() {
        return Limits.NONE
                .with(Quota.QUEUED_REQUESTS, queuedRequests)
                .with(Quota.LIVE_BATCHES, liveBatches)
                .with(Quota.STORED_BYTES, storedBytes)
                .with(Quota.REQUESTS_PER_MINUTE, requestsPerMinute);
    }

    void limit(Limits limits) {
        queuedRequests = limits.said(Quota.QUEUED_REQUESTS);
        liveBatches = limits.said(Quota.LIVE_BATCHES);
        storedBytes = limits.said(Quota.STORED_BYTES);
        requestsPerMinute = limits.said(Quota.REQUESTS_PER_MINUTE);
    }

    Caller caller() {
        return new Caller(id, name, roles(), queues(), limits());
    }

    KeyHash hash() {
        return KeyHash.stored(hash);
    }

    /** The first revocation counts. */
    void revoke(Instant now) {
        if (revoked == null) {
            revoked = now.toEpochMilli();
        }
    }
}
