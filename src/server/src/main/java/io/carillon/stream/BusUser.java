package io.carillon.stream;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.Masters;
import io.carillon.platform.redis.RedisUrl;
import io.carillon.platform.redis.Scripts;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNodeNotFoundException;
import org.redisson.client.RedisReadonlyException;
import org.redisson.client.RedisRedirectException;
import org.redisson.client.RedisRetryException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.codec.StringCodec;
import org.redisson.client.protocol.RedisStrictCommand;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Redis user as which workers append events. It may append to the event streams and ping, and nothing else: it reads
 * nothing and sees no other key. Redis forgets its users when it restarts, so this one is made again and again.
 *
 * <p>All instances use the same password, which MariaDB keeps: what one of them told a worker stays right when it is gone.
 *
 * <p>A client that sends only a password logs in as Redis's user {@code default}. Where the server itself logs in to Redis
 * under a name of its own, {@code default} can be the workers' user; see {@code carillon.eventbus.user}.
 */
final class BusUser {
    private static final Logger LOG = LoggerFactory.getLogger(BusUser.class);
    private static final RedisStrictCommand<String> SET_USER = new RedisStrictCommand<>("ACL", "SETUSER");
    private static final RedisStrictCommand<String> WHO_AM_I = new RedisStrictCommand<>("ACL", "WHOAMI");
    private static final Pattern REFUSED_RULE = Pattern.compile("modifier '\\+([^']+)'");
    private static final String DEFAULT = "default";

    /** What clients send beside XADD. Not every Redis knows all of them as commands of their own. */
    private static final List<String> GREETINGS =
            List.of("ping", "auth", "hello", "select", "quit", "client|setname", "client|setinfo");

    private final Redisson redis;
    private final String name;
    private final String password;
    private final String topic;
    private final RedisUrl redisUrl;
    private final Masters masters;
    private final Optional<String> publicUrl;
    private List<String> greetings = GREETINGS;
    /** What Redis answered last: nothing yet (null), that all is well (empty), or an error. */
    private volatile String refusal;

    /**
     * @param name the user's name
     * @param redisUrl how the server reaches Redis; see {@link RedisUrl}
     * @param publicUrl how workers reach it: with user and password it is handed out as it is and no user is made
     */
    BusUser(
            RedissonClient redis,
            String name,
            String password,
            String topic,
            String redisUrl,
            Optional<String> publicUrl) {
        this.redis = (Redisson) redis;
        this.name = name;
        this.password = password;
        this.topic = topic;
        this.redisUrl = RedisUrl.parse(redisUrl);
        this.masters = new Masters(redis);
        this.publicUrl = publicUrl.filter(url -> !url.isBlank());
    }

    /** Makes the user, or makes it what it must be. Never fails: what went wrong is told to those who ask for the address. */
    CompletionStage<Void> make() {
        if (hasForeignLogin()) {
            return CompletableFuture.completedFuture(null);
        }
        return notLockingMyselfOut().thenCompose(nothing -> set(greetings)).handle((nothing, failure) -> {
            Throwable cause = failure == null ? null : cause(failure);
            if (isNotThere(cause)) {
                return null;
            }
            if (cause == null && redisUrl.kind() == RedisUrl.Kind.CLUSTER) {
                // Slots move. What another master says to it does not matter before it has the streams.
                redis.getCommandExecutor()
                        .<String>writeAllAsync(
                                StringCodec.INSTANCE, SET_USER, rules(greetings).toArray());
            }
            String words = cause == null ? "" : Scripts.withoutArguments(cause);
            if (cause != null && !words.equals(refusal)) {
                LOG.warn("Redis does not let this server make the workers' user {}: {}", name, words);
            }
            refusal = words;
            return null;
        });
    }

    private static boolean isNotThere(Throwable cause) {
        return cause instanceof RedisTimeoutException
                || cause instanceof RedisConnectionException
                || cause instanceof RedisNodeNotFoundException
                || cause instanceof RedisRetryException
                || cause instanceof RedisRedirectException
                || cause instanceof RedisReadonlyException;
    }

    private CompletionStage<Void> notLockingMyselfOut() {
        if (!name.equals(DEFAULT)) {
            return CompletableFuture.completedFuture(null);
        }
        CompletionStage<String> me =
                redis.getCommandExecutor().<String, String>writeAsync(topic, StringCodec.INSTANCE, WHO_AM_I);
        return me.thenAccept(user -> {
            if (DEFAULT.equals(user)) {
                throw new RedisException(
                        "carillon.eventbus.user is default, but this server itself is that user; give CARILLON_REDIS_URL another one");
            }
        });
    }

    private List<Object> rules(List<String> allowed) {
        List<Object> rules = new ArrayList<>(List.of(
                name,
                "reset",
                "on",
                ">" + password,
                "resetkeys",
                "~" + topic + "*",
                "resetchannels",
                "-@all",
                "+xadd"));
        allowed.forEach(command -> rules.add("+" + command));
        return rules;
    }

    private CompletionStage<Void> set(List<String> allowed) {
        CompletionStage<String> answer = redis.getCommandExecutor()
                .<String, String>writeAsync(
                        topic, StringCodec.INSTANCE, SET_USER, rules(allowed).toArray());
        return answer.<CompletionStage<Void>>handle((ok, failure) -> {
                    if (failure == null) {
                        greetings = allowed;
                        return CompletableFuture.completedFuture(null);
                    }
                    // The whole command is refused when one rule is; nothing has changed then.
                    Matcher refused =
                            REFUSED_RULE.matcher(String.valueOf(cause(failure).getMessage()));
                    if (!refused.find() || !allowed.contains(refused.group(1))) {
                        return CompletableFuture.failedFuture(cause(failure));
                    }
                    return set(allowed.stream()
                            .filter(command -> !command.equals(refused.group(1)))
                            .toList());
                })
                .thenCompose(stage -> stage);
    }

    /** @throws Refused ({@link Reason#UNAVAILABLE}) when there is no such user, because Redis does not allow making one */
    BusAddress address() {
        if (hasForeignLogin()) {
            return new BusAddress(publicUrl.get(), topic);
        }
        if (refusal == null) {
            throw new Refused(Reason.UNAVAILABLE, "Redis cannot be reached; try again");
        }
        if (!refusal.isEmpty()) {
            throw new Refused(
                    Reason.UNAVAILABLE,
                    "The event bus cannot be used: Redis does not let this server make a user for workers. Workers can answer"
                            + " over HTTP (complete, progress); or set carillon.eventbus.url to a Redis address with a user"
                            + " who may append to " + topic + "*");
        }
        String login = name.equals(DEFAULT) ? "" : name;
        return new BusAddress(scheme() + "://" + login + ":" + password + "@" + host() + "/0", topic);
    }

    private String scheme() {
        return publicUrl.map(url -> URI.create(url).getScheme()).orElseGet(redisUrl::scheme);
    }

    /** Where workers find the streams: of several servers, the one that has them now. */
    private RedisUrl.Node host() {
        if (publicUrl.isPresent()) {
            URI url = URI.create(publicUrl.get());
            return new RedisUrl.Node(url.getHost(), url.getPort() < 0 ? 6379 : url.getPort());
        }
        if (redisUrl.kind() == RedisUrl.Kind.SINGLE) {
            return redisUrl.nodes().get(0);
        }
        try {
            return masters.of(topic);
        } catch (IllegalStateException failingOver) {
            throw new Refused(Reason.UNAVAILABLE, "Redis cannot be reached; try again");
        }
    }

    private boolean hasForeignLogin() {
        return publicUrl.isPresent() && URI.create(publicUrl.get()).getUserInfo() != null;
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
