package io.carillon.task;

import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.task.Takes.ReadyLevel;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * Takes that wait until there is something, without a thread. The scripts that make tasks ready publish on one channel
 * while somebody listens; as many takes are woken as there are tasks, in the order in which they came. A look each second
 * covers a word that was lost, and keeps the scripts talking. Safe for many threads.
 */
public class LongTakes {
    private static final String CHANNEL = "carillon:ready";
    private static final int TICK_MILLIS = 100;
    private static final int LOOK_TICKS = 10;

    private static final class Parked {
        final Take take;
        final List<ReadyLevel> levels;
        final long until;
        final CompletableFuture<Map<FullQueueName, List<Attempt>>> answer = new CompletableFuture<>();
        boolean looking;
        boolean again;

        Parked(Take take, List<ReadyLevel> levels, long until) {
            this.take = take;
            this.levels = levels;
            this.until = until;
        }
    }

    private final Takes takes;
    private final RTopic ready;
    private final ScheduledExecutorService scheduler;
    private final Clock clock;
    private final Map<ReadyLevel, Set<Parked>> parked = new LinkedHashMap<>();
    private ScheduledFuture<?> ticking;
    private int listener;
    private int ticks;
    private volatile boolean stopped;

    LongTakes(Takes takes, RedissonClient redis, ScheduledExecutorService scheduler, Clock clock) {
        this.takes = takes;
        this.ready = redis.getTopic(CHANNEL, StringCodec.INSTANCE);
        this.scheduler = scheduler;
        this.clock = clock;
    }

    public void start() {
        listener = ready.addListener(String.class, (channel, level) -> wake(level));
        ticking = scheduler.scheduleWithFixedDelay(this::runOnce, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Answers everybody who still waits with nothing. */
    public void stop() {
        if (ticking != null) {
            ticking.cancel(false);
            ready.removeListener(listener);
        }
        stopped = true;
        answerIdle(Long.MAX_VALUE);
    }

    /** Like {@link Takes#take}, but when there is nothing it answers as soon as there is, or after {@link Take#patience}. */
    public CompletionStage<Map<FullQueueName, List<Attempt>>> take(Take take) {
        if (take.patience().isZero()) {
            return takes.take(take);
        }
        Parked waiting = new Parked(
                take, takes.levels(take), clock.millis() + take.patience().toMillis());
        // In line before the look: a word that comes after the look then finds it here.
        park(waiting);
        look(waiting);
        return waiting.answer;
    }

    /** How many takes wait. */
    public int waiting() {
        return all().size();
    }

    private void look(Parked waiting) {
        if (!beginLook(waiting)) {
            return;
        }
        CompletionStage<Map<FullQueueName, List<Attempt>>> found;
        try {
            found = takes.takeOrListen(waiting.take);
        } catch (RuntimeException failure) {
            found = CompletableFuture.failedStage(failure);
        }
        found.whenComplete((tasks, failure) -> {
            boolean again = endLook(waiting);
            if (failure == null && tasks.isEmpty() && clock.millis() < waiting.until && !stopped) {
                park(waiting);
                if (again) {
                    look(waiting);
                }
                return;
            }
            leave(waiting);
            if (failure != null) {
                waiting.answer.completeExceptionally(failure);
            } else {
                waiting.answer.complete(tasks);
            }
            if (again) {
                // The word that this one no longer needs is for the next in line.
                waiting.levels.forEach(level -> first(level, 1).forEach(this::look));
            }
        });
    }

    /** One look at a time for each take: two could both find something, and the answer has room for one. */
    private synchronized boolean beginLook(Parked waiting) {
        if (waiting.looking) {
            waiting.again = true;
            return false;
        }
        waiting.looking = true;
        return true;
    }

    private synchronized boolean endLook(Parked waiting) {
        boolean again = waiting.again;
        waiting.again = false;
        waiting.looking = false;
        return again;
    }

    private synchronized void park(Parked waiting) {
        if (!waiting.answer.isDone()) {
            waiting.levels.forEach(level ->
                    parked.computeIfAbsent(level, l -> new LinkedHashSet<>()).add(waiting));
        }
    }

    private synchronized void leave(Parked waiting) {
        for (ReadyLevel level : waiting.levels) {
            Set<Parked> atLevel = parked.get(level);
            if (atLevel != null) {
                atLevel.remove(waiting);
                if (atLevel.isEmpty()) {
                    parked.remove(level);
                }
            }
        }
    }

    private synchronized List<Parked> all() {
        Set<Parked> all = new LinkedHashSet<>();
        parked.values().forEach(all::addAll);
        return List.copyOf(all);
    }

    private void wake(String text) {
        String[] parts = text.split(":");
        ReadyLevel level = new ReadyLevel(Integer.parseInt(parts[0]), new Level(Integer.parseInt(parts[1])));
        first(level, Integer.parseInt(parts[2])).forEach(this::look);
    }

    /** Takes the first out of the line, so that the next word reaches the next ones. */
    private synchronized List<Parked> first(ReadyLevel level, int count) {
        List<Parked> first = new ArrayList<>();
        Set<Parked> atLevel = parked.get(level);
        if (atLevel != null) {
            for (Iterator<Parked> next = atLevel.iterator(); next.hasNext() && first.size() < count; ) {
                first.add(next.next());
            }
            first.forEach(this::leave);
        }
        return first;
    }

    void runOnce() {
        answerIdle(clock.millis());
        if (++ticks % LOOK_TICKS == 0) {
            levels().forEach(level -> first(level, 1).forEach(this::look));
        }
    }

    /** Those in the middle of a look are answered when it ends, with what it found. */
    private void answerIdle(long now) {
        for (Parked waiting : all()) {
            if (now >= waiting.until && beginLook(waiting)) {
                leave(waiting);
                waiting.answer.complete(Map.of());
            }
        }
    }

    private synchronized List<ReadyLevel> levels() {
        return List.copyOf(parked.keySet());
    }
}
