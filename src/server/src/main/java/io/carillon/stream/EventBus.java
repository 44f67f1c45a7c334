package io.carillon.stream;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.redisson.api.RStream;
import org.redisson.api.RedissonClient;
import org.redisson.api.stream.StreamAddArgs;
import org.redisson.api.stream.StreamMessageId;
import org.redisson.api.stream.StreamReadArgs;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
import org.redisson.client.codec.StringCodec;
import org.redisson.codec.CompositeCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Redis stream per instance, on which workers and other instances tell it what became of the tasks whose callers it
 * holds. Contract: bella-queue 14.
 *
 * <p>The stream is read without a thread: a blocking read of Redisson's, then the events one after the other on the managed
 * executor, then the next read. Events of one read are given to the listener together and in order, and the next ones only
 * when it is done with those, so the order on the stream is the order of delivery. The listener must not wait for callers.
 *
 * <p>It goes on where it was through anything that Redis does: an entry is lost only when Redis loses it. Then those who
 * wait find out by looking at their task's state. Safe for many threads.
 */
public class EventBus {
    private static final Logger LOG = LoggerFactory.getLogger(EventBus.class);
    /** One hash tag, so that all streams lie in one slot; a pattern of their own, so that workers reach no other key. */
    static final String TOPIC = "carillon:{bus}:events:";

    private static final Script KEEP = Script.named("stream");
    private static final Codec CODEC =
            new CompositeCodec(StringCodec.INSTANCE, ByteArrayCodec.INSTANCE, ByteArrayCodec.INSTANCE);
    private static final StreamMessageId BEGINNING = new StreamMessageId(0, 0);
    private static final int MOST = 1000;
    private static final Duration BLOCK = Duration.ofSeconds(2);
    private static final Duration TO_LIVE = Duration.ofHours(24);
    private static final long TRIM_EVERY = TimeUnit.SECONDS.toNanos(1);
    private static final long FORWARDED_LIVE = TimeUnit.SECONDS.toMillis(60);
    private static final long[] PAUSES = {50, 100, 200, 500, 1000};
    private static final long USER_EVERY_SECONDS = 5;

    private final RedissonClient redis;
    private final Scripts scripts;
    private final BusUser user;
    private final Seal seal;
    private final String me;
    private final int depth;
    private final Executor executor;
    private final ScheduledExecutorService scheduler;
    private final LongAdder received = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private volatile LongConsumer latency = millis -> {};

    private Function<List<BusEvent>, CompletionStage<Void>> listener;
    private ScheduledFuture<?> upkeep;
    private volatile boolean stopped;
    // Only the one reader at a time touches these.
    private StreamMessageId last;
    private int unread;
    private long trimmed;
    private int failures;

    /**
     * @param me this instance's name
     * @param depth how deep user JSON in events may be nested
     */
    EventBus(
            RedissonClient redis,
            Scripts scripts,
            BusUser user,
            Seal seal,
            String me,
            int depth,
            Executor executor,
            ScheduledExecutorService scheduler) {
        this.redis = redis;
        this.scripts = scripts;
        this.user = user;
        this.seal = seal;
        this.me = me;
        this.depth = depth;
        this.executor = executor;
        this.scheduler = scheduler;
    }

    /**
     * Where workers append their events.
     *
     * @throws Refused ({@link Reason#UNAVAILABLE}) when Redis does not let this server make a user for workers
     */
    public BusAddress address() {
        return user.address();
    }

    /** How many events have come since the start. */
    public long received() {
        return received.sum();
    }

    /** How many entries since the start could not be understood and were dropped. */
    public long malformed() {
        return malformed.sum();
    }

    /** Sends an event to the instance of that name; completes when Redis has it. */
    CompletionStage<Void> forward(String instance, BusEvent event) {
        StreamAddArgs<String, byte[]> entry = StreamAddArgs.<String, byte[]>entries(seal.put(instance, event.entry()))
                .trimNonStrict()
                .minId(new StreamMessageId(System.currentTimeMillis() - FORWARDED_LIVE))
                .noLimit();
        return stream(instance).addAsync(entry).thenApply(id -> null);
    }

    /** @param millis gets of every event that comes how long ago Redis took it */
    void measure(LongConsumer millis) {
        latency = millis;
    }

    /** Begins to read. All that was ever appended is for this run of the server, whose name nobody had before. */
    void start(Function<List<BusEvent>, CompletionStage<Void>> whoListens) {
        listener = whoListens;
        last = BEGINNING;
        trimmed = System.nanoTime();
        upkeep = scheduler.scheduleWithFixedDelay(this::upkeep, 0, USER_EVERY_SECONDS, TimeUnit.SECONDS);
        read();
    }

    /** Stops reading; the stream stays for a while, empty, so that what late workers append to it expires. */
    void stop() {
        stopped = true;
        if (upkeep != null) {
            upkeep.cancel(false);
        }
        try {
            bury(me).toCompletableFuture().get(2, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException unreachable) {
            LOG.debug("Redis does not answer; the stream expires by itself");
        }
    }

    /** Empties the stream of an instance that is gone. */
    CompletionStage<Void> bury(String instance) {
        long past = System.currentTimeMillis() + TO_LIVE.toMillis();
        return scripts.text(KEEP, TOPIC + instance, past + "-0", TO_LIVE.toSeconds())
                .thenApply(id -> null);
    }

    private void upkeep() {
        try {
            user.make();
            // Bella's library appends events of tasks without an instance there.
            stream("null").expireAsync(TO_LIVE);
        } catch (RuntimeException stopping) {
            LOG.debug("Upkeep of the event bus failed: {}", stopping.getMessage());
        }
    }

    private void read() {
        if (stopped) {
            return;
        }
        goingOn(() -> stream(me)
                .readAsync(StreamReadArgs.greaterThan(last).count(MOST).timeout(BLOCK))
                .whenComplete((entries, failure) -> {
                    if (failure != null) {
                        again(failure);
                    } else {
                        onExecutor(() -> goingOn(() -> received(entries)));
                    }
                }));
    }

    /** The reading must go on whatever is thrown: nothing else would ever begin it again. */
    private void goingOn(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException failure) {
            again(failure);
        }
    }

    private void received(Map<StreamMessageId, Map<String, byte[]>> entries) {
        List<BusEvent> events = new ArrayList<>(entries.size());
        StreamMessageId newest = last;
        for (Map.Entry<StreamMessageId, Map<String, byte[]>> entry : entries.entrySet()) {
            newest = entry.getKey();
            received.increment();
            try {
                latency.accept(System.currentTimeMillis() - newest.getId0());
                boolean ours = seal.isOn(me, entry.getValue());
                BusEvent.parse(entry.getValue(), depth, ours).ifPresent(events::add);
            } catch (RuntimeException broken) {
                malformed.increment();
                LOG.debug(
                        "Dropped event {}: {}",
                        entry.getKey(),
                        broken.getClass().getSimpleName());
            }
        }
        StreamMessageId reached = newest;
        tell(events).whenComplete((nothing, failure) -> {
            if (failure != null) {
                LOG.error("Events up to {} were not delivered", reached, failure);
            }
            last = reached;
            goingOn(() -> next(entries.size()));
        });
    }

    /** Trims from time to time what has been read, then reads on. */
    private void next(int entries) {
        failures = 0;
        unread += entries;
        boolean keep = entries == 0 || unread >= MOST || System.nanoTime() - trimmed > TRIM_EVERY;
        if (!keep) {
            read();
            return;
        }
        unread = 0;
        trimmed = System.nanoTime();
        keep(last.toString()).whenComplete((newestId, failed) -> {
            if (failed != null) {
                again(failed);
                return;
            }
            if (entries == 0 && before(newestId, last)) {
                // The stream was lost and made again by a clock that is behind.
                last = BEGINNING;
            }
            read();
        });
    }

    private CompletionStage<Void> tell(List<BusEvent> events) {
        if (events.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        try {
            return listener.apply(events);
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private void again(Throwable failure) {
        if (stopped) {
            return;
        }
        if (failures == 0) {
            LOG.warn("Reading events failed; trying again: {}", cause(failure).getMessage());
        }
        long pause = PAUSES[Math.min(failures, PAUSES.length - 1)];
        failures++;
        try {
            scheduler.schedule(
                    () -> goingOn(() -> {
                        // Redis has perhaps restarted: then it has forgotten its users.
                        user.make();
                        read();
                    }),
                    pause,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | IllegalStateException stopping) {
            LOG.debug("Reading events ends: {}", stopping.getMessage());
        }
    }

    private void onExecutor(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException | IllegalStateException full) {
            if (!stopped) {
                work.run();
            }
        }
    }

    private CompletionStage<StreamMessageId> keep(String readUpTo) {
        return scripts.text(KEEP, TOPIC + me, readUpTo, TO_LIVE.toSeconds()).thenApply(EventBus::id);
    }

    private RStream<String, byte[]> stream(String instance) {
        return redis.getStream(TOPIC + instance, CODEC);
    }

    private static StreamMessageId id(String text) {
        int dash = text.indexOf('-');
        return new StreamMessageId(Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
    }

    private static boolean before(StreamMessageId one, StreamMessageId other) {
        return one.getId0() != other.getId0() ? one.getId0() < other.getId0() : one.getId1() < other.getId1();
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
