package io.carillon.worker;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.worker.WorkerTable.Heard;
import io.carillon.worker.WorkerTable.Voice;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers that have said that they live, and those that shall finish. MariaDB is the truth. A heartbeat touches memory alone:
 * what was heard is written behind each second, all of it with one statement, and who shall drain is read with it. So a crash
 * loses a second of what the next heartbeat says again, and a drain reaches a worker with its next heartbeat on this instance, or
 * a second later on another. Safe for many threads.
 */
public class Workers {
    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
    private static final Duration REMEMBERED = Duration.ofDays(7);
    private static final int MOST_AT_ONCE = 10_000;

    private final Database database;
    private final Map<Voice, Heard> unwritten = new ConcurrentHashMap<>();
    private final Map<String, Long> draining = new ConcurrentHashMap<>();
    private Future<?> timer;

    Workers(Database database) {
        this.database = database;
    }

    /**
     * Notes that a worker lives. While the worker of that name lives with another key, what this one says of itself is not seen.
     *
     * @param keyId the public id of its key
     * @param admin whether that key may speak for the worker of another
     * @param report null when it says nothing of itself
     * @return whether it shall finish what it has and take no more
     */
    public boolean heard(String id, String keyId, boolean admin, WorkerReport report) {
        Heard heard = new Heard(admin, report);
        if (unwritten.size() < MOST_AT_ONCE) {
            unwritten.put(new Voice(id, keyId), heard);
        }
        Long drained = draining.get(id);
        return drained != null && drained == heard.started();
    }

    /**
     * Asks a worker's present run to finish.
     *
     * @throws Refused ({@link Reason#UNKNOWN}) when no such worker was seen
     */
    public SeenWorker drain(String id) {
        runOnce();
        SeenWorker worker = database.transaction(connection -> {
                    WorkerTable.drain(connection, id);
                    return WorkerTable.find(connection, id);
                })
                .orElseThrow(() -> unknown(id));
        draining.put(id, worker.report().map(WorkerReport::started).orElse(0L));
        return worker;
    }

    /** @throws Refused ({@link Reason#UNKNOWN}) when no such worker was seen within the last week */
    public SeenWorker get(String id) {
        return database.transaction(connection -> WorkerTable.find(connection, id))
                .orElseThrow(() -> unknown(id));
    }

    /**
     * Those that were seen within the last week, by id.
     *
     * @param most how many at most
     * @param after only those after this id; null for all
     */
    public List<SeenWorker> list(int most, String after) {
        return database.transaction(connection -> WorkerTable.list(connection, most, after));
    }

    private static Refused unknown(String id) {
        return new Refused(Reason.UNKNOWN, "There is no worker " + id, "worker_id");
    }

    /** Removes the oldest of those that have been silent for a week; see retention. Returns how many. */
    public static int deleteForgotten(Connection connection, int most) throws SQLException {
        return WorkerTable.forget(connection, REMEMBERED, most);
    }

    synchronized void start(ScheduledExecutorService scheduler) {
        timer = scheduler.scheduleWithFixedDelay(this::survive, 1, 1, TimeUnit.SECONDS);
    }

    synchronized void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
        survive();
    }

    /** Writes what was heard since the last time; what cannot be written is heard again soon. */
    void runOnce() {
        if (unwritten.isEmpty()) {
            return;
        }
        Map<Voice, Heard> heard = new HashMap<>(unwritten);
        heard.forEach(unwritten::remove);
        Map<String, Long> drained = database.transaction(connection -> {
            WorkerTable.write(connection, heard);
            return WorkerTable.draining(connection);
        });
        draining.keySet().retainAll(drained.keySet());
        draining.putAll(drained);
    }

    private void survive() {
        try {
            runOnce();
        } catch (Refused unreachable) {
            LOG.debug("What workers said was not written: {}", unreachable.getMessage());
        } catch (RuntimeException failure) {
            // A task that throws is never run again.
            LOG.warn("What workers said could not be written", failure);
        }
    }
}
