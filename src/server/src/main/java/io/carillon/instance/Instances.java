package io.carillon.instance;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.redisson.api.RScoredSortedSet;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instances that share this Redis. Each says every five seconds that it lives. When one has been silent for half a
 * minute it counts as dead, and every living instance does what must be done for it; that must do no harm when done twice.
 * Times are Redis's own, so the instances' clocks need not agree. Safe for many threads.
 */
public class Instances {
    private static final Logger LOG = LoggerFactory.getLogger(Instances.class);
    private static final Script HEARTBEAT = Script.named("heartbeat");
    static final String KEY = "carillon:{bus}:instances";
    static final Duration PERIOD = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final Duration AGAIN = Duration.ofMinutes(1);
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(5);

    private final Instance me;
    private final Scripts scripts;
    private final RScoredSortedSet<String> all;
    private final Duration silence;
    private final List<Function<String, CompletionStage<?>>> heirs = new CopyOnWriteArrayList<>();
    private final Map<String, Long> buried = new ConcurrentHashMap<>();
    private ScheduledFuture<?> heartbeat;

    Instances(Instance me, RedissonClient redis, Scripts scripts) {
        this(me, redis, scripts, SILENCE);
    }

    Instances(Instance me, RedissonClient redis, Scripts scripts, Duration silence) {
        this.me = me;
        this.scripts = scripts;
        this.all = redis.getScoredSortedSet(KEY, StringCodec.INSTANCE);
        this.silence = silence;
    }

    /** This instance. */
    public Instance me() {
        return me;
    }

    /**
     * Registers what shall be done for an instance that died, given its name. It is called on every instance, and again
     * each minute for five minutes, so that a crash of the one that did it leaves nothing undone.
     */
    public void onSilence(Function<String, CompletionStage<?>> heir) {
        heirs.add(heir);
    }

    synchronized void start(ScheduledExecutorService scheduler) {
        heartbeat = scheduler.scheduleWithFixedDelay(this::runOnce, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Says farewell, so that nobody waits half a minute before this instance counts as gone. */
    synchronized void stop() {
        if (heartbeat != null) {
            heartbeat.cancel(false);
        }
        try {
            all.removeAsync(me.name()).toCompletableFuture().get(2, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException unreachable) {
            LOG.debug("Redis does not answer; the others will notice by themselves that this instance is gone");
        }
    }

    /** One heartbeat; ends when those who were silent have been dealt with. */
    CompletionStage<Void> heartbeat() {
        return scripts.list(HEARTBEAT, KEY, me.name(), silence.toMillis()).thenCompose(silent -> {
            CompletionStage<Void> all = done();
            for (int i = 0; i < silent.size(); i += 2) {
                String name = Scripts.text(silent.get(i));
                all = all.thenCombine(bury(name, Scripts.number(silent.get(i + 1))), (a, b) -> null);
            }
            return all;
        });
    }

    private void runOnce() {
        try {
            heartbeat().exceptionally(failure -> {
                LOG.debug("Heartbeat failed: {}", cause(failure).getMessage());
                return null;
            });
        } catch (RuntimeException failure) {
            // What is thrown here would end the heartbeat for good, and the others would bury this instance alive.
            LOG.debug("Heartbeat failed: {}", failure.getMessage());
        }
    }

    private CompletionStage<Void> bury(String name, long silentMillis) {
        long now = System.nanoTime();
        Long before = buried.get(name);
        if (before != null && now - before < AGAIN.toNanos()) {
            return done();
        }
        buried.put(name, now);
        if (before == null) {
            LOG.info("Instance {} has been silent for {} ms and counts as gone", name, silentMillis);
        }
        CompletionStage<Void> heirsDone = done();
        for (Function<String, CompletionStage<?>> heir : heirs) {
            heirsDone = heirsDone.thenCompose(nothing -> heir.apply(name)).thenApply(nothing -> null);
        }
        return heirsDone
                .thenCompose(nothing -> {
                    if (silentMillis < FORGOTTEN_AFTER.toMillis()) {
                        return done();
                    }
                    buried.remove(name);
                    return all.removeAsync(name).thenApply(removed -> null);
                })
                .exceptionally(failure -> {
                    buried.remove(name);
                    LOG.warn(
                            "Clearing up after instance {} failed: {}",
                            name,
                            cause(failure).getMessage());
                    return null;
                });
    }

    private static CompletionStage<Void> done() {
        return CompletableFuture.completedFuture(null);
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
