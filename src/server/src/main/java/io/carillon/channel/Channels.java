package io.carillon.channel;

import io.carillon.platform.cache.BriefCache;
import io.carillon.platform.database.Entities;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.QueueName;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Routes a task that names no queue by the model in its payload. MariaDB has the channels; what was looked up is
 * remembered for 1 s, so a change reaches every instance within that time. Safe for many threads.
 *
 * <p>A channel may name a queue that is not registered yet: whether it is there is asked when a task is put.
 */
public class Channels {
    private static final Duration REMEMBERED = Duration.ofSeconds(1);
    private static final int CAPACITY = 10_000;
    private static final int LONGEST_MODEL = 255;
    private static final int LONGEST_ENDPOINT = 256;

    private final Entities entities;
    private final Clock clock;
    private final BriefCache<String, Channel> cache;

    /**
     * @param clock says when a channel was changed
     * @param nanos a clock that never goes back, as {@link System#nanoTime}
     */
    public Channels(Entities entities, Clock clock, LongSupplier nanos) {
        this.entities = entities;
        this.clock = clock;
        this.cache = new BriefCache<>(CAPACITY, REMEMBERED, REMEMBERED, nanos);
    }

    /**
     * The queue for a task.
     *
     * @param endpoint the task's, such as {@code /v1/chat/completions}
     * @param model {@code data.model} of the task, or null when it has none
     * @throws Refused {@link Reason#INVALID} when there is no channel, {@link Reason#UNAVAILABLE} when MariaDB cannot tell
     */
    public QueueName route(String endpoint, String model) {
        if (model == null || model.isBlank()) {
            throw invalid("model must not be empty: without 'queue', a task is routed by 'data.model'", "data.model");
        }
        Optional<Channel> channel = find(model);
        return channel.filter(found -> found.serves(endpoint))
                .map(Channel::queue)
                .orElseThrow(() -> noRoute(endpoint, model, channel));
    }

    /**
     * The channel of a model, as it was a second ago at most.
     *
     * @throws Refused ({@link Reason#UNAVAILABLE}) when MariaDB cannot tell
     */
    public Optional<Channel> find(String model) {
        // No channel can have such a name, so a look would only cost.
        return model.length() > LONGEST_MODEL ? Optional.empty() : cache.get(model, this::lookUp);
    }

    private Optional<Channel> lookUp(String model) {
        return entities.transaction(manager -> stored(manager, model, LockModeType.NONE));
    }

    private static Optional<Channel> stored(EntityManager manager, String model, LockModeType lock) {
        // MariaDB finds a name with spaces at its end too; it is not the same model.
        return Optional.ofNullable(manager.find(Channel.class, model, lock))
                .filter(channel -> channel.model().equals(model));
    }

    private static Refused noRoute(String endpoint, String model, Optional<Channel> channel) {
        String shown = model.length() > LONGEST_MODEL ? model.substring(0, LONGEST_MODEL) + "..." : model;
        return channel.flatMap(Channel::endpoint)
                .map(served -> invalid(
                        "The channel for model '" + shown + "' serves " + served + ", not " + endpoint, "data.model"))
                .orElseGet(() -> invalid(
                        "There is no channel for model '" + shown
                                + "'; name a queue, or create a channel with PUT /v1/channels/{model}",
                        "data.model"));
    }

    /**
     * Creates the channel of a model, or replaces it.
     *
     * @param endpoint the only endpoint whose tasks are routed, or null for every endpoint
     * @throws Refused {@link Reason#INVALID} or {@link Reason#UNAVAILABLE}
     */
    public Channel put(String model, String endpoint, QueueName queue) {
        checkModel(model);
        checkEndpoint(endpoint);
        Channel channel = new Channel(model, endpoint, queue, Instant.ofEpochMilli(clock.millis()));
        entities.transaction(manager -> manager
                // Two that create the same one at once: JPA would look, insert twice and fail once.
                .createNativeQuery("INSERT INTO channel (model, endpoint, queue_name, modified) VALUES (?1, ?2, ?3, ?4)"
                        + " ON DUPLICATE KEY UPDATE endpoint = VALUES(endpoint), queue_name = VALUES(queue_name),"
                        + " modified = VALUES(modified)")
                .setParameter(1, model)
                .setParameter(2, endpoint)
                .setParameter(3, queue.text())
                .setParameter(4, channel.modified().toEpochMilli())
                .executeUpdate());
        cache.forget(model);
        return channel;
    }

    private static void checkModel(String model) {
        if (model == null || model.isBlank()) {
            throw invalid("A channel needs the name of a model", "model");
        }
        if (model.length() > LONGEST_MODEL || unprintable(model)) {
            throw invalid(
                    "A model's name has at most " + LONGEST_MODEL
                            + " characters, no control characters and no space at its ends",
                    "model");
        }
    }

    private static void checkEndpoint(String endpoint) {
        if (endpoint == null) {
            return;
        }
        if (endpoint.isBlank() || endpoint.length() > LONGEST_ENDPOINT || unprintable(endpoint)) {
            throw invalid(
                    "An endpoint has 1 to " + LONGEST_ENDPOINT
                            + " characters, no control characters and no space at its ends",
                    "endpoint");
        }
    }

    /** MariaDB compares names without the spaces at their ends, and stores no half of a surrogate pair. */
    private static boolean unprintable(String text) {
        return !text.equals(text.strip())
                || text.codePoints()
                        .anyMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }

    /**
     * The channel of a model.
     *
     * @throws Refused {@link Reason#UNKNOWN} or {@link Reason#UNAVAILABLE}
     */
    public Channel get(String model) {
        return lookUp(model).orElseThrow(() -> unknown(model));
    }

    /**
     * Removes the channel of a model.
     *
     * @return what was removed
     * @throws Refused {@link Reason#UNKNOWN} or {@link Reason#UNAVAILABLE}
     */
    public Channel delete(String model) {
        Channel deleted = entities.transaction(manager -> {
            Channel found =
                    stored(manager, model, LockModeType.PESSIMISTIC_WRITE).orElseThrow(() -> unknown(model));
            manager.remove(found);
            return found;
        });
        cache.forget(model);
        return deleted;
    }

    /**
     * The channels by model.
     *
     * @param limit how many at most
     * @param after the model after which to go on, or null
     * @throws Refused {@link Reason#UNAVAILABLE}
     */
    public List<Channel> list(int limit, String after) {
        return entities.transaction(manager -> manager.createQuery(
                        "select c from Channel c where c.model > :after order by c.model", Channel.class)
                .setParameter("after", after == null ? "" : after)
                .setMaxResults(limit)
                .getResultList());
    }

    private static Refused unknown(String model) {
        return new Refused(Reason.UNKNOWN, "There is no channel for model '" + model + "'", "model");
    }

    private static Refused invalid(String message, String parameter) {
        return new Refused(Reason.INVALID, message, parameter);
    }
}
