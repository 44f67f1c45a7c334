package io.carillon.task;

import io.carillon.platform.concurrent.Ticks;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.task.Takes.ReadyLevel;
import java.time.Clock;
import java.time.Duration;
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
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * Takes that wait until there is something, without a thread. The scripts that make tasks ready publish on one channel
 * while somebody listens; as many takes are woken as there are tasks, in the order in which they came. A look each second
 * covers a word that was lost, and keeps the scripts talking. Safe for many threads.
 *
 * <p>A take is in line, or looks, or is over; it goes from one to the next under the lock. So none looks twice at once
 * (both looks could find something, and the answer has room for one), none looks once it is over (nobody would get what it
 * finds), and no word is lost between a look and the line.
 *
 * <p>A worker that waits is answered at once, with nothing, when it shall stop a task that it runs: {@link Stops} has which.
 *
 * <p>A taker may go away while it waits. It leaves the line by cancelling what it waits for; before it is given a task it is
 * asked whether it is still there, and what a look finds for one that is gone is handed back.
 */
public class LongTakes {
    private static final String CHANNEL = "carillon:ready";
    private static final Duration TICK = Duration.ofMillis(100);
    private static final int LOOK_TICKS = 10;
    private static final int ASK_TICKS = 50;

    private static final class Parked {
        final Take take;
        final List<ReadyLevel> levels;
        final Set<Integer> queues;
        final long until;
        final BooleanSupplier there;
        final CompletableFuture<Map<FullQueueName, List<Attempt>>> answer = new CompletableFuture<>();
        /** A word came while it looked; its look may have been before the task. */
        boolean again;

        Parked(Take take, List<ReadyLevel> levels, long until, BooleanSupplier there) {
            this.take = take;
            this.levels = levels;
            this.queues = queuesOf(levels);
            this.until = until;
            this.there = there;
        }

        /** Asks the taker; one that is gone is over. */
        boolean isThere() {
            boolean isThere;
            try {
                isThere = there.getAsBoolean();
            } catch (RuntimeException broken) {
                isThere = false;
            }
            if (!isThere) {
                answer.cancel(false);
            }
            return isThere && !answer.isDone();
        }
    }

    private final Takes takes;
    private final Stops stops;
    private final RTopic ready;
    private final RTopic stopped;
    private final ScheduledExecutorService scheduler;
    private final Clock clock;
    private final Map<ReadyLevel, Set<Parked>> parked = new LinkedHashMap<>();
    private final Set<Parked> looking = new LinkedHashSet<>();
    private Ticks ticking;
    private int listener;
    private int stopListener;
    private int ticks;
    private boolean over;

    LongTakes(Takes takes, Stops stops, RedissonClient redis, ScheduledExecutorService scheduler, Clock clock) {
        this.takes = takes;
        this.stops = stops;
        this.stopped = redis.getTopic(Stops.CHANNEL, StringCodec.INSTANCE);
        this.ready = redis.getTopic(CHANNEL, StringCodec.INSTANCE);
        this.scheduler = scheduler;
        this.clock = clock;
    }

    public void start() {
        stops.onWord(this::answerToStop);
        listener = ready.addListener(String.class, (channel, level) -> wake(level));
        stopListener = stopped.addListener(String.class, (channel, word) -> stops.hear(word));
        ticking = Ticks.start(scheduler, "The look after waiting takes", TICK, TICK, this::runOnce);
    }

    /** Answers everybody who still waits with nothing. */
    public void stop() {
        if (ticking != null) {
            ticking.stop();
            ready.removeListener(listener);
            stopped.removeListener(stopListener);
        }
        synchronized (this) {
            over = true;
        }
        answerIdle(Long.MAX_VALUE);
    }

    /** As {@link #take(Take, BooleanSupplier)}, for a taker who stays. */
    public CompletableFuture<Map<FullQueueName, List<Attempt>>> take(Take take) {
        return take(take, () -> true);
    }

    /**
     * Like {@link Takes#take}, but when there is nothing it answers as soon as there is, or after {@link Take#patience}.
     *
     * @param there whether the taker is still there; asked before each look but the first, and every few seconds. It must be
     *     quick
     * @return the tasks. Cancel it when the taker has gone; tasks that it was given already are for {@link #handBack}
     */
    public CompletableFuture<Map<FullQueueName, List<Attempt>>> take(Take take, BooleanSupplier there) {
        if (take.patience().isZero()) {
            CompletableFuture<Map<FullQueueName, List<Attempt>>> answer = new CompletableFuture<>();
            takes.take(take).whenComplete((tasks, failure) -> answer(answer, tasks, failure));
            return answer;
        }
        Take known = takes.registered(take);
        Parked waiting = new Parked(
                known, takes.levels(known), clock.millis() + take.patience().toMillis(), there);
        waiting.answer.whenComplete((tasks, cancelled) -> {
            if (waiting.answer.isCancelled()) {
                leaveLine(waiting);
            }
        });
        synchronized (this) {
            looking.add(waiting);
        }
        look(waiting);
        return waiting.answer;
    }

    /** What the worker who takes shall stop, of the queues from which it takes; each is told once. */
    public List<TaskId> toStop(Take take) {
        return take.worker() == null ? List.of() : stops.tell(take.worker(), queuesOf(takes.levels(take)));
    }

    private static Set<Integer> queuesOf(List<ReadyLevel> levels) {
        return levels.stream().map(ReadyLevel::queue).collect(Collectors.toSet());
    }

    /** @throws io.carillon.platform.error.Refused when none of the queues of a take is registered */
    public void requireRegistered(Take take) {
        takes.registered(take);
    }

    /** Gives back what its taker never got: each task waits again, in its old place, and no lost lease counts. */
    public void handBack(Map<FullQueueName, List<Attempt>> tasks) {
        tasks.values().forEach(attempts -> attempts.forEach(takes::release));
    }

    /** How many takes wait. */
    public synchronized int waiting() {
        return all().size() + looking.size();
    }

    /** One look of a take that is among those that look. */
    private void look(Parked waiting) {
        CompletionStage<Map<FullQueueName, List<Attempt>>> found;
        try {
            found = takes.takeOrListen(waiting.take);
        } catch (RuntimeException failure) {
            found = CompletableFuture.failedStage(failure);
        }
        found.whenComplete((tasks, failure) -> {
            boolean done;
            boolean again;
            synchronized (this) {
                again = waiting.again;
                waiting.again = false;
                done = failure != null
                        || !tasks.isEmpty()
                        || over
                        || stops.any(waiting.take.worker(), waiting.queues)
                        || clock.millis() >= waiting.until
                        || waiting.answer.isDone();
                if (done || !again) {
                    looking.remove(waiting);
                }
                if (!done && !again) {
                    park(waiting);
                }
            }
            if (done) {
                answer(waiting.answer, tasks, failure);
            }
            // The word that this one no longer needs is for the next in line.
            if (again && (done || !lookAgain(waiting))) {
                waiting.levels.forEach(level -> wake(level, 1));
            }
        });
    }

    /** One look more, if the taker is still there to get what it finds; gives whether it is. */
    private boolean lookAgain(Parked waiting) {
        if (waiting.isThere()) {
            look(waiting);
            return true;
        }
        synchronized (this) {
            looking.remove(waiting);
        }
        return false;
    }

    private void answer(
            CompletableFuture<Map<FullQueueName, List<Attempt>>> answer,
            Map<FullQueueName, List<Attempt>> tasks,
            Throwable failure) {
        if (failure != null) {
            answer.completeExceptionally(failure);
        } else if (!answer.complete(tasks)) {
            handBack(tasks);
        }
    }

    private void park(Parked waiting) {
        waiting.levels.forEach(level ->
                parked.computeIfAbsent(level, l -> new LinkedHashSet<>()).add(waiting));
    }

    private synchronized void leaveLine(Parked waiting) {
        leave(waiting);
    }

    private void leave(Parked waiting) {
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

    private List<Parked> all() {
        Set<Parked> all = new LinkedHashSet<>();
        parked.values().forEach(all::addAll);
        return List.copyOf(all);
    }

    private void wake(String text) {
        String[] parts = text.split(":");
        ReadyLevel level = new ReadyLevel(Integer.parseInt(parts[0]), new Level(Integer.parseInt(parts[1])));
        wake(level, Integer.parseInt(parts[2]));
    }

    /** Lets as many look as there are tasks; who has gone counts for none. */
    private void wake(ReadyLevel level, int count) {
        int left = count;
        while (left > 0) {
            List<Parked> first = first(level, left);
            left = 0;
            for (Parked waiting : first) {
                if (!lookAgain(waiting)) {
                    left++;
                }
            }
        }
    }

    /** Takes the first out of the line to look; when there are too few, those who look already look once more. */
    private synchronized List<Parked> first(ReadyLevel level, int count) {
        List<Parked> first = new ArrayList<>();
        Set<Parked> atLevel = parked.get(level);
        if (atLevel != null) {
            for (Iterator<Parked> next = atLevel.iterator(); next.hasNext() && first.size() < count; ) {
                first.add(next.next());
            }
        }
        looking.stream()
                .filter(waiting -> waiting.levels.contains(level))
                .limit(count - first.size())
                .forEach(waiting -> waiting.again = true);
        first.forEach(this::leave);
        looking.addAll(first);
        return first;
    }

    void runOnce() {
        answerIdle(clock.millis());
        ticks++;
        if (ticks % LOOK_TICKS == 0) {
            levels().forEach(level -> wake(level, 1));
        }
        if (ticks % ASK_TICKS == 0) {
            inLine().forEach(Parked::isThere);
        }
    }

    private void answerToStop(String worker) {
        List<Parked> ofWorker;
        synchronized (this) {
            ofWorker = all().stream()
                    .filter(waiting -> worker.equals(waiting.take.worker()) && stops.any(worker, waiting.queues))
                    .toList();
            ofWorker.forEach(this::leave);
        }
        ofWorker.forEach(waiting -> waiting.answer.complete(Map.of()));
    }

    /** Those in the middle of a look are answered when it ends, with what it found. */
    private void answerIdle(long now) {
        List<Parked> over;
        synchronized (this) {
            over = all().stream().filter(waiting -> now >= waiting.until).toList();
            over.forEach(this::leave);
        }
        over.forEach(waiting -> waiting.answer.complete(Map.of()));
    }

    private synchronized List<Parked> inLine() {
        return all();
    }

    private synchronized List<ReadyLevel> levels() {
        return List.copyOf(parked.keySet());
    }
}
