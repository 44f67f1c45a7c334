package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.redis.Words;
import io.carillon.queue.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings offline tasks from MariaDB to the window as it empties, each group its share, in acceptance order; to a group of
 * which nothing is there also while others fill it. A group whose older tasks wait in MariaDB only is marked in Redis; while
 * it is, its new tasks stay in MariaDB too, so none overtakes. The mark says from where on they wait there, and goes when a
 * look at MariaDB that began after the mark was read found nothing more. Instances take turns at a level. Safe for many
 * threads.
 */
class Refill {
    private static final Logger LOG = LoggerFactory.getLogger(Refill.class);
    private static final String CHANNEL = "carillon:refill";
    private static final int SHARE = 50;
    private static final int AT_ONCE = 500;
    private static final double HALF = 0.5;
    private static final double MORE_THAN_FULL = 2;
    private static final long PATIENCE_SECONDS = 10;

    private final Window window;
    private final Overflow overflow;
    private final Backlog backlog;
    private final Words words;
    private final Executor executor;
    private final Set<Takes.ReadyLevel> refilling = ConcurrentHashMap.newKeySet();
    private Runnable hearing = () -> {};

    Refill(Window window, Overflow overflow, Backlog backlog, Words words, Executor executor) {
        this.window = window;
        this.overflow = overflow;
        this.backlog = backlog;
        this.words = words;
        this.executor = executor;
    }

    /** From now on a take that finds a window half empty has it filled. */
    void start() {
        hearing = words.hear(CHANNEL, word -> {
            String[] parts = word.split(":");
            soon(new Takes.ReadyLevel(Integer.parseInt(parts[0]), new Level(Integer.parseInt(parts[1]))));
        });
    }

    void stop() {
        hearing.run();
    }

    private void soon(Takes.ReadyLevel level) {
        if (!refilling.add(level)) {
            return;
        }
        try {
            executor.execute(() -> {
                try {
                    level(level);
                } catch (RuntimeException failure) {
                    LOG.warn("The window of queue {} cannot be filled yet: {}", level.queue(), failure.getMessage());
                } finally {
                    refilling.remove(level);
                }
            });
        } catch (RejectedExecutionException stopping) {
            refilling.remove(level);
        }
    }

    /** Fills the window of a level if it is at most half full and nobody else does. Blocks. */
    void level(Takes.ReadyLevel level) {
        if (Stages.await(overflow.marks(level.queue(), level.level()), PATIENCE_SECONDS)
                .isEmpty()) {
            return;
        }
        Optional<String> turn = Stages.await(overflow.takeTurn(level.queue(), level.level()), PATIENCE_SECONDS);
        if (turn.isPresent()) {
            try {
                fill(level);
            } finally {
                Stages.await(overflow.endTurn(level.queue(), level.level(), turn.get()), PATIENCE_SECONDS);
            }
        }
    }

    private void fill(Takes.ReadyLevel level) {
        for (Map<String, Overflow.Mark> marks;
                !(marks = Stages.await(overflow.marks(level.queue(), level.level()), PATIENCE_SECONDS)).isEmpty(); ) {
            Overflow.Fullness window = Stages.await(overflow.fullness(level.queue(), level.level()), PATIENCE_SECONDS);
            if (window.full() > HALF) {
                serveEmpty(level, window);
                return;
            }
            double free = window.tasks() * (1 - window.full());
            int share = (int) Math.max(SHARE, Math.min(AT_ONCE, free / marks.size()));
            marks.forEach((group, mark) -> group(level, group, mark, share));
        }
    }

    /**
     * What fills the window may be held back by a limit or a pause, which must not hold back the groups beside it. They get no
     * more than a put to a full window would bring, some groups each time; hardly anything when it is more than full.
     */
    private void serveEmpty(Takes.ReadyLevel level, Overflow.Fullness window) {
        int share = window.full() < MORE_THAN_FULL ? Math.max(1, Math.min(SHARE, window.tasks() / 10)) : 1;
        Stages.await(overflow.marksOfEmpty(level.queue(), level.level()), PATIENCE_SECONDS)
                .forEach((group, mark) -> group(level, group, mark, share));
    }

    /** Brings at least {@code share} tasks of a group, if there are so many. */
    private void group(Takes.ReadyLevel level, String group, Overflow.Mark mark, int share) {
        int queue = level.queue();
        long after = mark.oldest() - 1;
        Optional<Overflow.Mark> left = Optional.empty();
        for (long added = 0; added < share; ) {
            List<StoredTask> tasks = backlog.waiting(queue, level.level(), group, after, share);
            if (!tasks.isEmpty()) {
                added += Stages.await(window.add(queue, tasks, Window.Adding.REFILL), PATIENCE_SECONDS);
                after = tasks.get(tasks.size() - 1).task().accepted();
            }
            if (tasks.size() < share) {
                left = Optional.empty();
                break;
            }
            left = Optional.of(new Overflow.Mark(after + 1, Math.max(after + 1, mark.newest())));
        }
        Stages.await(overflow.refilled(queue, level.level(), group, mark, left), PATIENCE_SECONDS);
    }
}
