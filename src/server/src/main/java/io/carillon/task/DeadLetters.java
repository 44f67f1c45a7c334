package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.CommitUnknown;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks that were given up, until somebody replays or discards them. A replayed task waits in its old place, as
 * if nobody had taken it yet, for as long as it had to live at first; its attempts are numbered on, and it calls back again
 * when it ends again. A discarded one is gone with all that belonged to it. How online tasks come to MariaDB and go back to
 * Redis when they are replayed is told at {@link OnlineDeaths}.
 *
 * <p>MariaDB decides: each task in one transaction, with its row locked, so of two who replay or discard it one does. What
 * Redis may still have of the task leaves it before that commit, while the task is final and nobody may bring it back; after
 * it Redis is told. A crash between the two leaves a waiting row, which the {@link Sweep} brings to Redis; only the counts
 * there then have it among the ended until the queue is rebuilt.
 *
 * <p>When nobody knows what became of a commit, the same is done once more: whatever has its letter still is done then, and
 * what has it no more was done the first time, or by somebody else just then. When the database does not answer then either,
 * the caller hears that nobody knows.
 *
 * <p>All of it blocks. Safe for many threads.
 */
public class DeadLetters {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
    private static final int AT_ONCE = 50;
    private static final int PAYLOADS_AT_ONCE = 20;
    private static final long PATIENCE_SECONDS = 10;
    /** What a caller waits for is not what a task may take that nobody waits for. */
    private static final Duration LIFE_WITHOUT_CALLER = Duration.ofHours(24);

    /**
     * Which of them.
     *
     * @param owner only those of tasks that were put with this key (its public id)
     * @param queue only those of this queue, by number
     * @param from only those given up then or later
     * @param to only those given up before
     * @param text only those with this text in their error
     */
    public record Filter(
            Optional<String> owner,
            Optional<Integer> queue,
            Optional<Instant> from,
            Optional<Instant> to,
            Optional<String> text) {
        private Filter until(long millis) {
            Instant end = Instant.ofEpochMilli(millis);
            return new Filter(owner, queue, from, to.filter(end::isAfter).or(() -> Optional.of(end)), text);
        }
    }

    /**
     * A dead letter and its task.
     *
     * @param task in a list without its data and result
     * @param attempts how its attempts ended, oldest first; empty in a list
     */
    public record Entry(DeadLetter letter, Task task, List<EndedAttempt> attempts) {}

    /** How many were replayed or discarded, and whether there are more that the filter matches. */
    public record Done(int count, boolean more) {}

    /** A dead task whose row is locked. */
    private record Dead(
            TaskId id,
            TaskState state,
            int attempt,
            String worker,
            long accepted,
            long started,
            long ended,
            long expires,
            String error) {
        EndedAttempt attempt(String by, long from, long to, String outcome) {
            return new EndedAttempt(id, attempt, by == null ? "" : by, from, to, outcome, error == null ? "" : error);
        }
    }

    private final Database database;
    private final Rows rows;
    private final Window window;
    private final Contents contents;
    private final Backlog backlog;
    private final AttemptRecords records;
    private final OnlineDeaths deaths;
    private final Clock clock;

    DeadLetters(
            Database database,
            Window window,
            Contents contents,
            Backlog backlog,
            AttemptRecords records,
            OnlineDeaths deaths,
            Clock clock) {
        this.database = database;
        this.rows = new Rows(database);
        this.window = window;
        this.contents = contents;
        this.backlog = backlog;
        this.records = records;
        this.deaths = deaths;
        this.clock = clock;
    }

    /**
     * Those that match, the newest first.
     *
     * @param after the task of the last one of the page before
     * @throws Refused {@link Reason#INVALID} when that is no dead letter (any more)
     */
    public List<Entry> list(Filter filter, int limit, Optional<TaskId> after) {
        List<Object> values = new ArrayList<>();
        String where = where(filter, values);
        if (after.isPresent()) {
            long died = rows
                    .read(
                            "SELECT died FROM dead_letter WHERE task_id = ?",
                            List.of(after.get().text()),
                            row -> row.getLong("died"))
                    .stream()
                    .findFirst()
                    .orElseThrow(() -> new Refused(
                            Reason.INVALID, "There is no dead letter " + after.get() + " to go on after", "after"));
            where += " AND (died < ? OR died = ? AND task_id < ?)";
            values.add(died);
            values.add(died);
            values.add(after.get().text());
        }
        values.add(limit);
        return rows.read(
                entries(newest("SELECT task_id, died, error FROM dead_letter" + where), "NULL AS data, NULL AS result"),
                values,
                row -> entry(row, List.of()));
    }

    /** One of them, with all that is known of it. */
    public Optional<Entry> find(TaskId id) {
        return rows
                .read(
                        entries("SELECT task_id, died, error FROM dead_letter WHERE task_id = ?", "t.data, t.result"),
                        List.of(id.text()),
                        row -> entry(row, List.of()))
                .stream()
                .findFirst()
                .map(found -> new Entry(found.letter(), found.task(), records.of(found.task())));
    }

    private static String entries(String letters, String payloads) {
        return "SELECT " + TaskTable.COLUMNS + ", " + payloads + ", d.died, d.error AS reason FROM (" + letters
                + ") AS d JOIN task t ON t.id = d.task_id JOIN queue q ON q.id = t.queue"
                + " ORDER BY d.died DESC, d.task_id DESC";
    }

    private static Entry entry(ResultSet row, List<EndedAttempt> attempts) throws SQLException {
        Task task = TaskTable.whole(row);
        DeadLetter letter =
                new DeadLetter(task.id(), task.specification().owner(), row.getLong("died"), row.getString("reason"));
        return new Entry(letter, task, attempts);
    }

    private static String newest(String select) {
        return select + " ORDER BY died DESC, task_id DESC LIMIT ?";
    }

    private static String where(Filter filter, List<Object> values) {
        StringBuilder where = new StringBuilder(" WHERE TRUE");
        filter.owner().ifPresent(owner -> and(where, values, "owner = ?", owner));
        filter.queue().ifPresent(queue -> and(where, values, "queue = ?", queue));
        filter.from().ifPresent(from -> and(where, values, "died >= ?", from.toEpochMilli()));
        filter.to().ifPresent(to -> and(where, values, "died < ?", to.toEpochMilli()));
        filter.text().ifPresent(text -> and(where, values, "error LIKE ?", TaskTable.containing(text)));
        return where.toString();
    }

    private static void and(StringBuilder where, List<Object> values, String condition, Object value) {
        where.append(" AND ").append(condition);
        values.add(value);
    }

    /**
     * Begins these tasks anew.
     *
     * @param owner only those of this key; empty for all
     * @return those that wait again; the others are no dead letters (any more), or not the owner's
     * @throws Refused {@link Reason#UNAVAILABLE} when a store does not answer; some of them may wait again
     */
    public Set<TaskId> replay(Collection<TaskId> ids, Optional<String> owner) {
        return inSteps(ids, some -> replaySome(some, owner));
    }

    /** Begins anew those that match and were given up before now, the newest first, at most {@code most}. */
    public Done replay(Filter filter, int most) {
        return each(filter, most, ids -> replaySome(ids, filter.owner()));
    }

    /** Removes these tasks for good; see {@link #replay(Collection, Optional)}. */
    public Set<TaskId> discard(Collection<TaskId> ids, Optional<String> owner) {
        return inSteps(ids, some -> discardSome(some, owner));
    }

    /** Removes for good those that match; see {@link #replay(Filter, int)}. */
    public Done discard(Filter filter, int most) {
        return each(filter, most, ids -> discardSome(ids, filter.owner()));
    }

    private static Set<TaskId> inSteps(Collection<TaskId> ids, Function<List<TaskId>, Set<TaskId>> step) {
        List<TaskId> all = ids.stream().distinct().toList();
        Set<TaskId> done = new HashSet<>();
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            done.addAll(step.apply(all.subList(from, Math.min(all.size(), from + AT_ONCE))));
        }
        return done;
    }

    /** What was replayed may die again meanwhile; it is not replayed twice. */
    private Done each(Filter filter, int most, Function<List<TaskId>, Set<TaskId>> step) {
        Filter sofar = filter.until(clock.millis() + 1);
        int done = 0;
        while (done < most) {
            List<TaskId> ids = ids(sofar, Math.min(AT_ONCE, most - done));
            if (ids.isEmpty()) {
                return new Done(done, false);
            }
            done += step.apply(ids).size();
        }
        return new Done(done, !ids(sofar, 1).isEmpty());
    }

    private List<TaskId> ids(Filter filter, int limit) {
        List<Object> values = new ArrayList<>();
        String where = where(filter, values);
        values.add(limit);
        return rows.read(
                newest("SELECT task_id FROM dead_letter" + where),
                values,
                row -> TaskId.parse(row.getString("task_id")));
    }

    private Set<TaskId> replaySome(List<TaskId> ids, Optional<String> owner) {
        List<Dead> replayed = bury("replayed", ids, owner, this::beginAnew);
        replayed.stream().map(Dead::id).filter(TaskId::isOnline).forEach(this::revive);
        Map<Integer, Map<TaskState, List<TaskId>>> byQueue = replayed.stream()
                .filter(dead -> !dead.id().isOnline())
                .collect(Collectors.groupingBy(
                        dead -> dead.id().queue(),
                        Collectors.groupingBy(Dead::state, Collectors.mapping(Dead::id, Collectors.toList()))));
        byQueue.forEach((queue, byState) -> byState.forEach((state, tasks) -> {
            try {
                bringBack(queue, state, tasks);
            } catch (RuntimeException failure) {
                LOG.warn(
                        "{} replayed tasks of queue {} are on disk but not in Redis yet: {}",
                        tasks.size(),
                        queue,
                        failure.getMessage());
            }
        }));
        replayed.forEach(dead -> LOG.info("Task {} was replayed after attempt {}", dead.id(), dead.attempt()));
        return replayed.stream().map(Dead::id).collect(Collectors.toSet());
    }

    private void revive(TaskId id) {
        try {
            deaths.revive(List.of(id));
        } catch (RuntimeException failure) {
            LOG.warn("The replayed task {} is on disk but not in Redis yet: {}", id, failure.getMessage());
        }
    }

    private void bringBack(int queue, TaskState before, List<TaskId> ids) {
        for (int from = 0; from < ids.size(); from += PAYLOADS_AT_ONCE) {
            List<StoredTask> back = backlog.stillOpen(ids.subList(from, Math.min(ids.size(), from + PAYLOADS_AT_ONCE)));
            if (!back.isEmpty()) {
                Stages.await(window.replayed(queue, back, before), PATIENCE_SECONDS);
            }
        }
    }

    private Set<TaskId> discardSome(List<TaskId> ids, Optional<String> owner) {
        List<Dead> discarded = bury("discarded", ids, owner, DeadLetters::remove);
        discarded.stream()
                .collect(Collectors.groupingBy(dead -> dead.id().queue()))
                .forEach((queue, ofQueue) -> {
                    Map<TaskId, TaskState> states = new LinkedHashMap<>();
                    ofQueue.forEach(dead -> states.put(dead.id(), dead.state()));
                    window.discarded(queue, states).exceptionally(failure -> {
                        LOG.warn(
                                "The counts of queue {} still have tasks that are gone: {}",
                                queue,
                                failure.getMessage());
                        return null;
                    });
                });
        discarded.forEach(dead -> LOG.info("Task {} was discarded after attempt {}", dead.id(), dead.attempt()));
        return discarded.stream().map(Dead::id).collect(Collectors.toSet());
    }

    @FunctionalInterface
    private interface Deed {
        void on(Connection connection, List<Dead> dead) throws SQLException;
    }

    /**
     * Does something with dead tasks and takes away their letters, in one transaction.
     *
     * @param done what they are then, in a word
     */
    private List<Dead> bury(String done, List<TaskId> ids, Optional<String> owner, Deed deed) {
        List<Dead> first = new ArrayList<>();
        try {
            return buryOnce(ids, owner, deed, first);
        } catch (CommitUnknown unknown) {
            LOG.warn("It is looked up whether {} dead letters are {}: the COMMIT failed", first.size(), done);
        }
        List<Dead> again = new ArrayList<>();
        try {
            buryOnce(ids, owner, deed, again);
        } catch (CommitUnknown | DatabaseFailure | Refused failure) {
            throw new Refused(
                    Reason.UNAVAILABLE,
                    "The database went away, and nobody knows yet whether these dead letters are " + done
                            + "; list them when it is back: those that are still there are not");
        }
        Set<TaskId> known = again.stream().map(Dead::id).collect(Collectors.toSet());
        first.stream().filter(dead -> !known.contains(dead.id())).forEach(again::add);
        return again;
    }

    private List<Dead> buryOnce(List<TaskId> ids, Optional<String> owner, Deed deed, List<Dead> found) {
        // How their last attempts ended belongs to them, so it must not come later.
        ids.stream().map(TaskId::queue).distinct().forEach(records::write);
        return database.transaction(connection -> {
            // It may be a second time, after a deadlock.
            found.clear();
            Map<TaskId, Dead> tasks = lock(connection, ids);
            Set<TaskId> letters = letters(connection, ids, owner);
            if (letters.isEmpty()) {
                return List.of();
            }
            List<Dead> dead =
                    letters.stream().filter(tasks::containsKey).map(tasks::get).toList();
            found.addAll(dead);
            if (!dead.isEmpty()) {
                leaveWindow(dead);
                Callbacks.withdraw(
                        connection, dead.stream().map(one -> one.id().text()).toList());
                deed.on(connection, dead);
            }
            delete(connection, "dead_letter", "task_id", letters);
            return dead;
        });
    }

    /** In the order of ids, in which all others lock them too. */
    private static Map<TaskId, Dead> lock(Connection connection, List<TaskId> ids) throws SQLException {
        Map<TaskId, Dead> tasks = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, state, attempt, worker, accepted, started, ended, expires, error FROM task WHERE id IN ("
                        + Rows.marks(ids.size())
                        + ") AND state IN ('failed', 'timeout') ORDER BY id FOR UPDATE")) {
            set(select, 1, ids);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    TaskId id = TaskId.parse(row.getString("id"));
                    tasks.put(
                            id,
                            new Dead(
                                    id,
                                    TaskState.of(row.getString("state")),
                                    row.getInt("attempt"),
                                    row.getString("worker"),
                                    row.getLong("accepted") / 1000,
                                    row.getLong("started"),
                                    row.getLong("ended"),
                                    row.getLong("expires"),
                                    row.getString("error")));
                }
            }
        }
        return tasks;
    }

    private static Set<TaskId> letters(Connection connection, List<TaskId> ids, Optional<String> owner)
            throws SQLException {
        Set<TaskId> letters = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT task_id FROM dead_letter WHERE task_id IN ("
                + Rows.marks(ids.size()) + ")"
                + (owner.isPresent() ? " AND owner = ?" : "") + " ORDER BY task_id FOR UPDATE")) {
            int next = set(select, 1, ids);
            if (owner.isPresent()) {
                select.setString(next, owner.get());
            }
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    letters.add(TaskId.parse(row.getString("task_id")));
                }
            }
        }
        return letters;
    }

    /** Whoever ended them may have died, or lost Redis, before they could leave. */
    private void leaveWindow(List<Dead> dead) {
        dead.stream().filter(one -> one.id().isOnline()).forEach(one -> deaths.takeOff(one.id(), one.attempt()));
        List<Dead> offline = dead.stream().filter(one -> !one.id().isOnline()).toList();
        List<TaskId> ids = offline.stream().map(Dead::id).toList();
        Set<TaskId> missing = Stages.await(contents.missing(ids), PATIENCE_SECONDS);
        for (Dead one : offline) {
            if (!missing.contains(one.id())) {
                Stages.await(window.end(Window.End.left(one.id(), one.state(), null, null)), PATIENCE_SECONDS);
            }
        }
    }

    private void beginAnew(Connection connection, List<Dead> dead) throws SQLException {
        long now = clock.millis();
        Map<TaskId, Long> begun = begun(connection, dead);
        Set<TaskId> known = withLastAttempt(connection, dead);
        List<EndedAttempt> ended = new ArrayList<>();
        // The row hears of attempts a little later than their end is written down.
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE task SET state = 'waiting', attempt = 1 + GREATEST(attempt, COALESCE((SELECT MAX(a.attempt)"
                        + " FROM task_attempt a WHERE a.task_id = task.id), 0)), lost = 0, failures = 0, worker = NULL,"
                        + " result = NULL, error = NULL, started = NULL, ended = NULL, deadline = NULL, due = NULL,"
                        + " max_lost = NULL, sequential = FALSE, expires = ? WHERE id = ?")) {
            for (Dead one : dead) {
                if (one.attempt() > 0 && !known.contains(one.id())) {
                    String outcome = one.state() == TaskState.FAILED ? "failed" : "lost";
                    ended.add(one.attempt(one.worker(), one.started(), one.ended(), outcome));
                }
                ended.add(one.attempt(null, one.ended(), now, EndedAttempt.REPLAYED));
                long life = one.id().hasCaller() && one.id().isOnline()
                        ? LIFE_WITHOUT_CALLER.toMillis()
                        : one.expires() - begun.getOrDefault(one.id(), one.accepted());
                update.setLong(1, now + life);
                update.setString(2, one.id().text());
                update.addBatch();
            }
            update.executeBatch();
        }
        AttemptTable.insert(connection, ended);
    }

    /** An attempt that ended its task with a result is written down nowhere else. */
    private static Set<TaskId> withLastAttempt(Connection connection, List<Dead> dead) throws SQLException {
        Set<TaskId> known = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT t.id FROM task t JOIN task_attempt a ON a.task_id = t.id AND a.attempt = t.attempt WHERE t.id IN ("
                        + Rows.marks(dead.size()) + ")")) {
            set(select, 1, dead.stream().map(Dead::id).toList());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    known.add(TaskId.parse(row.getString("id")));
                }
            }
        }
        return known;
    }

    /** When those that were replayed before were so last: since then their life runs. */
    private static Map<TaskId, Long> begun(Connection connection, List<Dead> dead) throws SQLException {
        Map<TaskId, Long> begun = new HashMap<>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT task_id, MAX(ended) AS begun FROM task_attempt WHERE task_id IN ("
                        + Rows.marks(dead.size()) + ") AND outcome = 'replayed' GROUP BY task_id")) {
            set(select, 1, dead.stream().map(Dead::id).toList());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    begun.put(TaskId.parse(row.getString("task_id")), row.getLong("begun"));
                }
            }
        }
        return begun;
    }

    private static void remove(Connection connection, List<Dead> dead) throws SQLException {
        List<TaskId> ids = dead.stream().map(Dead::id).toList();
        delete(connection, "task_attempt", "task_id", ids);
        delete(connection, "task", "id", ids);
    }

    private static void delete(Connection connection, String table, String column, Collection<TaskId> ids)
            throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM " + table + " WHERE " + column + " IN (" + Rows.marks(ids.size()) + ")")) {
            set(delete, 1, ids);
            delete.executeUpdate();
        }
    }

    private static int set(PreparedStatement statement, int from, Collection<TaskId> ids) throws SQLException {
        int next = from;
        for (TaskId id : ids) {
            statement.setString(next++, id.text());
        }
        return next;
    }
}
