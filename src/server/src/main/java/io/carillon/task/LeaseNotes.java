package io.carillon.task;

import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.error.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes on the leases of offline tasks on their way to MariaDB. That a task was taken is noted a little later, together with
 * all that was taken meanwhile; when the task ends before that, the note goes into the row with its end and costs nothing of
 * its own. A note that is lost with this instance is one of an attempt that Redis knows. Safe for many threads.
 */
class LeaseNotes {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseNotes.class);
    /**
     * How soon MariaDB is told that a task was taken. Long enough for short tasks to end before, short enough for the time in
     * which only Redis knows of an attempt.
     */
    static final Duration KNOWN_AFTER = Duration.ofMillis(100);

    private static final int NOTE_BYTES = 128;

    private final GroupCommit<LeaseNote, Boolean> commit;
    private final ScheduledExecutorService scheduler;
    private final Map<TaskId, LeaseNote> taken = new LinkedHashMap<>();
    private boolean scheduled;

    LeaseNotes(LeaseNoteTable table, Executor executor, ScheduledExecutorService scheduler) {
        this.commit = new GroupCommit<>(executor, note -> NOTE_BYTES, notes -> {
            table.write(notes);
            return Collections.nCopies(notes.size(), true);
        });
        this.scheduler = scheduler;
    }

    /** Notes soon that tasks were taken. */
    void taken(Collection<LeaseNote> notes) {
        synchronized (this) {
            notes.forEach(note -> taken.merge(note.id(), note, LeaseNotes::newer));
            if (scheduled || taken.isEmpty()) {
                return;
            }
            scheduled = true;
        }
        try {
            scheduler.schedule(this::writeTaken, KNOWN_AFTER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | IllegalStateException stopping) {
            writeTaken();
        }
    }

    /** A note that is given back may be older than one that came meanwhile. */
    private static LeaseNote newer(LeaseNote one, LeaseNote other) {
        return one.delivery().attempt() > other.delivery().attempt() ? one : other;
    }

    /** Notes now that a task waits again, after whatever is still to be noted of it. */
    void returned(LeaseNote note) {
        List<LeaseNote> notes = new ArrayList<>(2);
        synchronized (this) {
            LeaseNote before = taken.remove(note.id());
            if (before != null) {
                notes.add(before);
            }
        }
        notes.add(note);
        write(notes);
    }

    /** Notes of tasks that end now, which then are for the caller to write, or to give back with {@link #taken}. */
    synchronized Map<TaskId, LeaseNote> ofEnding(Collection<TaskId> ids) {
        Map<TaskId, LeaseNote> notes = new HashMap<>();
        for (TaskId id : ids) {
            LeaseNote note = taken.remove(id);
            if (note != null) {
                notes.put(id, note);
            }
        }
        return notes;
    }

    /** Writes at once what would be written soon. */
    void writeTaken() {
        List<LeaseNote> notes;
        synchronized (this) {
            scheduled = false;
            notes = List.copyOf(taken.values());
            taken.clear();
        }
        write(notes);
    }

    private void write(List<LeaseNote> notes) {
        commit.writeAll(notes).thenAccept(outcomes -> {
            for (int i = 0; i < outcomes.size(); i++) {
                Outcome<Boolean> outcome = outcomes.get(i);
                if (outcome.isFailed()) {
                    LOG.warn(
                            "That task {} is {} with attempt {} is not in MariaDB: {}",
                            notes.get(i).id(),
                            notes.get(i).state().word(),
                            notes.get(i).delivery().attempt(),
                            outcome.failure().getMessage());
                }
            }
        });
    }
}
