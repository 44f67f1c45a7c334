package io.carillon.security;

import io.carillon.platform.cache.BriefCache;
import io.carillon.platform.database.Entities;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.quota.Limits;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API keys: issues them, revokes them, and tells who is behind one. MariaDB has their hashes; a key itself is shown
 * once, when it is issued, and kept nowhere.
 *
 * <p>A key that was found is remembered for 5 s, so a revocation reaches every instance within that time, and a busy key
 * costs MariaDB one look every few seconds. A key that was not found is remembered for 1 s; a guesser is slowed down (see
 * {@link Guesses}). While MariaDB is away, a remembered key works until its 5 s are over; any other is refused as {@link
 * Reason#UNAVAILABLE}, never as unknown.
 *
 * <p>Besides them there is the admin key of the configuration, which works without MariaDB. Safe for many threads.
 */
public class Keys {
    /** The public id of the admin key of the configuration. */
    public static final String ADMIN_KEY_ID = "ck_admin";

    private static final Logger LOG = LoggerFactory.getLogger(Keys.class);
    private static final Duration REMEMBERED = Duration.ofSeconds(5);
    private static final Duration UNKNOWN_REMEMBERED = Duration.ofSeconds(1);
    private static final Duration OUTAGE_REMEMBERED = Duration.ofMillis(500);
    private static final int CAPACITY = 20_000;
    private static final int LONGEST_NAME = 128;
    private static final int LONGEST_KEY = 512;
    private static final Caller ADMIN = new Caller(ADMIN_KEY_ID, "admin", EnumSet.allOf(Role.class), AllowedQueues.ALL);

    /** What is remembered of a key. */
    private record Known(Caller caller, long expires) {}

    private final Entities entities;
    private final KeyHash adminKey;
    private final Clock clock;
    private final LongSupplier nanos;
    private final BriefCache<KeyHash, Known> cache;
    private final Guesses guesses;
    private final LastUses uses;
    private volatile long outageUntil;
    private volatile boolean outage;

    /**
     * @param entities where the keys are
     * @param adminKey the key of the configuration; only its hash is kept
     * @param clock says when keys expire
     * @param nanos a clock that never goes back, as {@link System#nanoTime}
     */
    public Keys(Entities entities, Optional<String> adminKey, Clock clock, LongSupplier nanos) {
        this.entities = entities;
        this.adminKey = adminKey.map(KeyHash::of).orElse(null);
        this.clock = clock;
        this.nanos = nanos;
        this.cache = new BriefCache<>(CAPACITY, REMEMBERED, UNKNOWN_REMEMBERED, nanos);
        this.guesses = new Guesses(nanos);
        this.uses = new LastUses(entities);
        this.outageUntil = nanos.getAsLong();
    }

    void start(ScheduledExecutorService scheduler) {
        uses.start(scheduler);
    }

    void stop() {
        uses.stop();
    }

    /** Writes down when keys were last used. */
    void writeLastUses() {
        uses.runOnce();
    }

    /**
     * Who is behind a key.
     *
     * @param presented the key as a client sent it, not null
     * @return empty when it is unknown, revoked or expired
     * @throws Refused {@link Reason#UNAVAILABLE} when MariaDB cannot tell now, {@link Reason#FULL} while very many unknown
     *     keys are being tried
     */
    public Optional<Caller> find(String presented) {
        if (presented.length() > LONGEST_KEY) {
            return Optional.empty();
        }
        KeyHash hash = KeyHash.of(presented);
        if (hash.equals(adminKey)) {
            return Optional.of(ADMIN);
        }
        if (!KeyText.looksIssued(presented)) {
            return Optional.empty();
        }
        long now = clock.millis();
        Optional<Known> known = cache.get(hash, this::lookUp).filter(key -> now < key.expires());
        known.ifPresent(key -> uses.note(key.caller().keyId(), now));
        return known.map(Known::caller);
    }

    private Optional<Known> lookUp(KeyHash hash) {
        if (nanos.getAsLong() - outageUntil < 0) {
            throw unavailable();
        }
        return cache.found(hash) ? lookUpNow(hash) : guesses.lookUp(() -> lookUpNow(hash));
    }

    private Optional<Known> lookUpNow(KeyHash hash) {
        Optional<Known> known;
        try {
            known = entities.transaction(manager -> stored(manager, hash));
        } catch (RuntimeException failure) {
            // Whatever it was, the key may be good. Its next callers need not wait for the same time-out.
            outageUntil = nanos.getAsLong() + OUTAGE_REMEMBERED.toNanos();
            if (!outage) {
                outage = true;
                LOG.warn("API keys cannot be looked up: {}", failure.toString());
            }
            throw unavailable();
        }
        if (outage) {
            outage = false;
            LOG.info("API keys can be looked up again");
        }
        if (known.isEmpty()) {
            guesses.wrong();
        }
        return known;
    }

    private static Optional<Known> stored(EntityManager manager, KeyHash hash) {
        return manager.createQuery("select k from ApiKey k where k.hash = :hash and k.revoked is null", ApiKey.class)
                .setParameter("hash", hash.bytes())
                .getResultStream()
                .filter(key -> key.hash().equals(hash))
                .findFirst()
                .map(key -> new Known(
                        key.caller(), key.expires().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE)));
    }

    private static Refused unavailable() {
        return new Refused(
                Reason.UNAVAILABLE,
                "API keys cannot be checked now, because the database cannot be reached; try again",
                null,
                Duration.ofSeconds(1));
    }

    /**
     * Makes a new key.
     *
     * @param name what a person calls it; need not be unique
     * @param roles at least one
     * @param queues which queues it may use; an admin may use all
     * @param expires from when on it is not accepted, in the future; null when it does not expire
     * @throws Refused {@link Reason#INVALID} or {@link Reason#UNAVAILABLE}
     */
    public IssuedKey create(String name, Set<Role> roles, AllowedQueues queues, Instant expires) {
        return create(name, roles, queues, Limits.NONE, expires);
    }

    /**
     * As {@link #create(String, Set, AllowedQueues, Instant)}.
     *
     * @param limits how much it may use
     */
    public IssuedKey create(String name, Set<Role> roles, AllowedQueues queues, Limits limits, Instant expires) {
        Instant now = clock.instant();
        checkName(name);
        if (roles.isEmpty()) {
            throw invalid("A key needs at least one role: admin, producer or worker", "roles");
        }
        if (roles.contains(Role.ADMIN) && !queues.patterns().isEmpty()) {
            throw invalid("A key with the role admin may use all queues; leave 'queues' out", "queues");
        }
        if (expires != null && !expires.isAfter(now)) {
            throw invalid("The key would have expired already", "expires_at");
        }
        String text = KeyText.newKey();
        ApiKey key = new ApiKey(KeyText.newId(), KeyHash.of(text), name, roles, queues, limits, now, expires);
        entities.transaction(manager -> {
            manager.persist(key);
            return null;
        });
        LOG.info(
                "API key {} was issued: {} {}",
                key.id(),
                key.roles(),
                key.queues().patterns());
        return new IssuedKey(key, text);
    }

    private static void checkName(String name) {
        if (name == null || name.isBlank()) {
            throw invalid("A key needs a name, so that people know later what it is for", "name");
        }
        if (name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw invalid("A key's name has at most " + LONGEST_NAME + " characters and no control characters", "name");
        }
    }

    /**
     * The keys, oldest first, revoked and expired ones too; not the admin key of the configuration.
     *
     * @param limit how many at most
     * @param after the id of the key after which to go on, or null
     * @throws Refused {@link Reason#INVALID} when there is no key {@code after}, or {@link Reason#UNAVAILABLE}
     */
    public List<ApiKey> list(int limit, String after) {
        return entities.transaction(manager -> {
            if (after == null) {
                return manager.createQuery("select k from ApiKey k order by k.created, k.id", ApiKey.class)
                        .setMaxResults(limit)
                        .getResultList();
            }
            ApiKey last = byId(manager, after);
            if (last == null) {
                throw invalid("There is no key '" + after + "' to go on after", "after");
            }
            return manager.createQuery(
                            "select k from ApiKey k where k.created > :created"
                                    + " or (k.created = :created and k.id > :id) order by k.created, k.id",
                            ApiKey.class)
                    .setParameter("created", last.created().toEpochMilli())
                    .setParameter("id", last.id())
                    .setMaxResults(limit)
                    .getResultList();
        });
    }

    /**
     * One key.
     *
     * @throws Refused {@link Reason#UNKNOWN} or {@link Reason#UNAVAILABLE}
     */
    public ApiKey get(String id) {
        return entities.transaction(manager -> known(manager, id));
    }

    /**
     * Changes how much a key may use, on all instances within 5 s. What it uses already stays.
     *
     * @param change gets the limits as they are and gives those that shall be
     * @throws Refused {@link Reason#UNKNOWN}, {@link Reason#UNAVAILABLE}, or {@link Reason#CONFLICT} for the admin key of
     *     the configuration
     */
    public ApiKey limit(String id, UnaryOperator<Limits> change) {
        refuseAdminKey(id);
        ApiKey key = entities.transaction(manager -> {
            ApiKey found = known(manager, id);
            manager.lock(found, LockModeType.PESSIMISTIC_WRITE);
            manager.refresh(found);
            found.limit(change.apply(found.limits()));
            return found;
        });
        cache.forget(key.hash());
        LOG.info("The limits of API key {} were set: {}", id, key.limits().values());
        return key;
    }

    private static void refuseAdminKey(String id) {
        if (id.equals(ADMIN_KEY_ID)) {
            throw new Refused(
                    Reason.CONFLICT, "The admin key comes from CARILLON_ADMIN_KEY; change it there and restart", "id");
        }
    }

    /**
     * Revokes a key for good, on all instances within 5 s. Revoking it again changes nothing.
     *
     * @return the key, revoked
     * @throws Refused {@link Reason#UNKNOWN}, {@link Reason#UNAVAILABLE}, or {@link Reason#CONFLICT} for the admin key of
     *     the configuration
     */
    public ApiKey revoke(String id) {
        refuseAdminKey(id);
        Instant now = clock.instant();
        ApiKey key = entities.transaction(manager -> {
            ApiKey found = known(manager, id);
            found.revoke(now);
            return found;
        });
        cache.forget(key.hash());
        LOG.info("API key {} was revoked", id);
        return key;
    }

    private static ApiKey known(EntityManager manager, String id) {
        ApiKey key = byId(manager, id);
        if (key == null) {
            throw new Refused(Reason.UNKNOWN, "There is no key '" + id + "'", "id");
        }
        return key;
    }

    private static ApiKey byId(EntityManager manager, String id) {
        return KeyText.looksLikeId(id) ? manager.find(ApiKey.class, id) : null;
    }

    private static Refused invalid(String message, String parameter) {
        return new Refused(Reason.INVALID, message, parameter);
    }
}
