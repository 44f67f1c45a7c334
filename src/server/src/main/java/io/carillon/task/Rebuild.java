package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.CommitUnknown;
import io.carillon.platform.database.Database;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a queue back to Redis from MariaDB when Redis has lost it, and to a new queue what it starts with.
 *
 * <p>The queue's row is locked meanwhile, so one instance does it, and none of its scripts runs: they all ask for an epoch
 * that is over. First comes what must hold before anything is given out: settings, leases with the attempts that MariaDB
 * knows of, and the oldest of each group's waiting tasks; then the next epoch is opened. The {@link Refill} brings the
 * rest. Attempts that Redis gave out and MariaDB never heard of are not numbered again: the next number is 100 higher, also
 * of what comes later, and a heartbeat brings such an attempt back unless somebody else has the task by then. Online tasks
 * that Redis still has stay as they are. A crash leaves the epoch closed, and the next script begins anew.
 *
 * <p>Blocks. Safe for many threads.
 */
class Rebuild {
    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);
    private static final int AT_ONCE = 500;
    private static final int FIRST_OF_LEVEL = 5_000;
    private static final int LEAST_SHARE = 50;
    private static final int LAST_LEVEL = 9;
    private static final long PATIENCE_SECONDS = 30;
    private static final Duration USUAL_LEASE = Duration.ofMinutes(10);

    private final Database database;
    private final Queues queues;
    private final Window window;
    private final Overflow overflow;
    private final Restoration redis;
    private final Backlog backlog;
    private final Map<Integer, Long> opened = new ConcurrentHashMap<>();

    Rebuild(Database database, Queues queues, Window window, Overflow overflow, Restoration redis, Backlog backlog) {
        this.database = database;
        this.queues = queues;
        this.window = window;
        this.overflow = overflow;
        this.redis = redis;
        this.backlog = backlog;
    }

    /** The epoch of a queue that Redis has, after rebuilding the queue if it has none. */
    long restore(int queue) {
        Long known = opened.get(queue);
        if (known != null && Stages.await(redis.isOpen(queue, known), PATIENCE_SECONDS)) {
            // Redis has only saved, so nothing needs MariaDB, which may be down.
            return known;
        }
        long epoch;
        try {
            epoch = restoreLocked(queue);
        } catch (CommitUnknown unknown) {
            // Whatever came of it, the next look finds out.
            epoch = restoreLocked(queue);
        }
        if (epoch != Epochs.UNCHECKED) {
            opened.put(queue, epoch);
        }
        return epoch;
    }

    private long restoreLocked(int queue) {
        return database.transaction(connection -> {
            OptionalLong stored = lock(connection, queue);
            if (stored.isEmpty()) {
                // Somebody made up a task id. There is nothing to find, and nothing to check.
                return Epochs.UNCHECKED;
            }
            long epoch = stored.getAsLong();
            if (epoch > 0 && Stages.await(redis.isOpen(queue, epoch), PATIENCE_SECONDS)) {
                return epoch;
            }
            long next = epoch + 1;
            bringBack(queue, next);
            raise(connection, queue, next);
            return next;
        });
    }

    private static OptionalLong lock(Connection connection, int queue) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT epoch FROM queue WHERE id = ? FOR UPDATE")) {
            select.setInt(1, queue);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
            }
        }
    }

    private static void raise(Connection connection, int queue, long epoch) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE queue SET epoch = ? WHERE id = ?")) {
            update.setLong(1, epoch);
            update.setInt(2, queue);
            update.executeUpdate();
        }
    }

    private void bringBack(int queue, long epoch) {
        long begun = System.nanoTime();
        while (Stages.await(redis.forget(queue, AT_ONCE), PATIENCE_SECONDS) > 0) {
            // Until nothing is left.
        }
        queues.refresh(queue);
        Queue settings = queues.find(queue).orElseThrow();
        Stages.await(queues.copySettings(settings), PATIENCE_SECONDS);
        Map<String, Long> counts = backlog.counts(queue);
        int running = 0;
        for (int level = 1; level <= LAST_LEVEL; level++) {
            if (counts.containsKey(level + ":running")) {
                running += bringRunning(queue, new Level(level));
            }
            if (counts.containsKey(level + ":waiting")) {
                bringWaiting(queue, new Level(level));
            }
        }
        Stages.await(redis.open(queue, epoch, backlog.newest(queue), withTotals(counts)), PATIENCE_SECONDS);
        if (!counts.isEmpty()) {
            LOG.warn(
                    "Queue {} was brought back to Redis in {} ms: {} of its tasks run, {}",
                    settings.name(),
                    (System.nanoTime() - begun) / 1_000_000,
                    running,
                    counts);
        }
    }

    private int bringRunning(int queue, Level level) {
        int running = 0;
        long after = 0;
        for (List<StoredTask> some; !(some = backlog.running(queue, level, after, AT_ONCE)).isEmpty(); ) {
            Stages.await(redis.restore(queue, some, Window.Adding.REBUILD), PATIENCE_SECONDS);
            after = some.get(some.size() - 1).task().accepted();
            running += some.size();
        }
        return running;
    }

    private void bringWaiting(int queue, Level level) {
        Map<String, Long> groups = backlog.groups(queue, level);
        if (groups.isEmpty()) {
            return;
        }
        int most = Math.min(
                FIRST_OF_LEVEL,
                Stages.await(overflow.fullness(queue, level), PATIENCE_SECONDS).tasks());
        int share = Math.max(LEAST_SHARE, most / groups.size());
        Map<String, Overflow.Mark> more = new HashMap<>();
        int brought = 0;
        for (Map.Entry<String, Long> group : groups.entrySet()) {
            if (brought >= most) {
                more.put(group.getKey(), new Overflow.Mark(1, group.getValue()));
                continue;
            }
            long after = 0;
            for (int left = share; left > 0; ) {
                int wanted = Math.min(left, AT_ONCE);
                List<StoredTask> some = backlog.waiting(queue, level, group.getKey(), after, wanted);
                if (!some.isEmpty()) {
                    Stages.await(window.add(queue, some, Window.Adding.REBUILD), PATIENCE_SECONDS);
                    after = some.get(some.size() - 1).task().accepted();
                    brought += some.size();
                }
                left = some.size() < wanted ? 0 : left - some.size();
            }
            if (after < group.getValue()) {
                more.put(group.getKey(), new Overflow.Mark(after + 1, group.getValue()));
            }
        }
        if (!more.isEmpty()) {
            Stages.await(overflow.mark(queue, level, more), PATIENCE_SECONDS);
        }
    }

    /** What was counted since ever is counted since the oldest row that is there. */
    private static Map<String, Long> withTotals(Map<String, Long> counts) {
        Map<String, Long> all = new HashMap<>(counts);
        counts.forEach((name, tasks) -> {
            String level = name.substring(0, name.indexOf(':'));
            all.merge(level + ":put", tasks, Long::sum);
            if (TaskState.of(name.substring(name.indexOf(':') + 1)).isFinal()) {
                all.merge(level + ":completed", tasks, Long::sum);
                all.merge(level + ":taken", tasks, Long::sum);
            }
        });
        return all;
    }

    /**
     * Gives a worker back an attempt of a task that has not ended and that Redis lacks.
     *
     * @return false when the task has gone on to a newer attempt, or does not run
     */
    boolean adopt(int queue, Lease lease, String worker) {
        List<StoredTask> adopted = new ArrayList<>();
        for (StoredTask stored : backlog.stillOpen(List.of(lease.id()))) {
            Task task = stored.task();
            Delivery known = task.delivery();
            boolean same = known.attempt() == lease.attempt() && task.state() == TaskState.RUNNING;
            boolean unnoticed = task.state() == TaskState.WAITING
                    && known.attempt() < lease.attempt()
                    && lease.attempt() < known.attempt() + Window.Adding.UNNOTICED;
            if (!same && !unnoticed) {
                return false;
            }
            long now = System.currentTimeMillis();
            Duration usual =
                    queues.find(queue).map(found -> found.settings().lease()).orElse(USUAL_LEASE);
            boolean noted = known.started() > 0 && known.deadline() > 0;
            Delivery delivery = new Delivery(
                    lease.attempt(),
                    known.lost(),
                    known.failures(),
                    worker,
                    noted ? known.started() : now,
                    noted ? known.deadline() : now + usual.toMillis(),
                    0);
            adopted.add(new StoredTask(task.with(delivery), stored.size(), stored.maxLost(), stored.sequential()));
        }
        return !adopted.isEmpty()
                && Stages.await(redis.restore(queue, adopted, Window.Adding.AGAIN), PATIENCE_SECONDS) > 0;
    }
}
