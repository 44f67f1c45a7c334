package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.callback.OwedCallback;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * MariaDB's side of offline tasks: the truth about which there are and how each ended. The writing methods take many rows
 * and may be repeated. They block; call them from a managed executor. Safe for many threads.
 *
 * <p>The same table has online tasks that were given up, at level 0, ended, as dead letters (see {@link OnlineDeaths}); all
 * that is about open tasks leaves them out.
 */
class TaskTable {
    /**
     * An end that somebody wants for a task.
     *
     * @param givenUp whether the task may be taken no more although nobody wanted it to end, so that it is a dead letter
     * @param fields what was read of a result that a worker handed in; null when the server made the result
     */
    record End(
            TaskId id,
            TaskState outcome,
            RawJson result,
            String error,
            boolean callsBack,
            boolean onlyWaiting,
            boolean givenUp,
            OptionalInt attempt,
            ResultFields fields) {
        /** One that names no attempt, with a result that the server made. */
        End(
                TaskId id,
                TaskState outcome,
                RawJson result,
                String error,
                boolean callsBack,
                boolean onlyWaiting,
                boolean givenUp) {
            this(id, outcome, result, error, callsBack, onlyWaiting, givenUp, OptionalInt.empty(), null);
        }

        int size() {
            return result == null ? 256 : result.bytes().length + 256;
        }
    }

    /** What came of it, the row as it was before, if there is one, and whether a callback is owed by it. */
    record Ending(Completion completion, Optional<Row> before, boolean owes) {}

    /** What deciding about an end needs of a row. */
    record Row(
            TaskState state,
            String queue,
            long accepted,
            long started,
            long expires,
            int attempt,
            Optional<String> batch) {}

    private static final int MOST_BYTES = 4 << 20;
    private static final String FINAL = "'succeeded', 'failed', 'timeout', 'cancelled'";
    static final String COLUMNS =
            "t.id, t.state, q.name, t.endpoint, t.owner, t.callback_url, t.trace_id, t.batch_id, t.custom_id,"
                    + " t.accepted, t.expires, t.attempt, t.lost, t.max_lost, t.worker, t.deadline, t.started, t.ended,"
                    + " t.error, t.task_group, t.max_attempts, t.backoff, t.attempt_timeout, t.failures, t.due,"
                    + " t.sequential, t.line";
    static final String FROM = " FROM task t JOIN queue q ON q.id = t.queue ";

    /** One by one, for behind a range of levels MariaDB cannot use the rest of by_queue. */
    private static final String OFFLINE = "t.level IN (1, 2, 3, 4, 5, 6, 7, 8, 9)";

    private static final String INSERT =
            "INSERT INTO task (id, queue, level, accepted, state, owner, endpoint, data, callback_url, trace_id,"
                    + " batch_id, custom_id, expires, task_group, due, max_attempts, backoff, attempt_timeout, line)"
                    + " VALUES (" + Rows.marks(19) + ")";
    private final Database database;
    private final Rows rows;
    private final Callbacks callbacks;
    private final Tally tally;
    private final Clock clock;

    TaskTable(Database database, Callbacks callbacks, Tally tally, Clock clock) {
        this.database = database;
        this.rows = new Rows(database);
        this.callbacks = callbacks;
        this.tally = tally;
        this.clock = clock;
    }

    /** Writes new tasks; one that is there already stays as it is. */
    void insert(List<StoredTask> tasks) {
        database.statement(connection -> {
            insert(connection, tasks);
            return null;
        });
    }

    /**
     * Writes new tasks, all or none, with what else belongs to them.
     *
     * @param also in the same transaction, before the tasks; false when they are not to be written
     * @return whether they were
     */
    boolean insert(List<StoredTask> tasks, Database.Work<Boolean> also) {
        return database.transaction(connection -> {
            if (!also.on(connection)) {
                return false;
            }
            insert(connection, tasks);
            return true;
        });
    }

    /** One call of the database, unless there is too much data for one. */
    private static void insert(Connection connection, List<StoredTask> tasks) throws SQLException {
        int from = 0;
        long bytes = 0;
        for (int to = 0; to < tasks.size(); to++) {
            int size = tasks.get(to).task().data().bytes().length;
            if (to > from && bytes + size > MOST_BYTES) {
                insertAtOnce(connection, tasks.subList(from, to));
                from = to;
                bytes = 0;
            }
            bytes += size;
        }
        insertAtOnce(connection, tasks.subList(from, tasks.size()));
    }

    /**
     * The driver sends a batch of plain inserts at once and in a form that MariaDB need not parse, which is half the work of
     * one statement with many rows. A row that is there already fails it, but that is rare: then each is looked at.
     */
    private static void insertAtOnce(Connection connection, List<StoredTask> tasks) throws SQLException {
        try {
            insert(connection, INSERT, tasks);
        } catch (SQLException failure) {
            if (!DatabaseFailure.isDuplicate(failure)) {
                throw failure;
            }
            insert(connection, INSERT + " ON DUPLICATE KEY UPDATE id = id", tasks);
        }
    }

    private static void insert(Connection connection, String sql, List<StoredTask> tasks) throws SQLException {
        // Said in so many words, for a pool may ask for keys otherwise, and then the driver sends row by row.
        try (PreparedStatement insert = connection.prepareStatement(sql, Statement.NO_GENERATED_KEYS)) {
            for (StoredTask stored : tasks) {
                Task task = stored.task();
                Specification specification = task.specification();
                int at = 1;
                insert.setString(at++, task.id().text());
                insert.setInt(at++, task.id().queue());
                insert.setInt(at++, task.id().level().value());
                insert.setLong(at++, task.accepted());
                insert.setString(at++, task.state().word());
                insert.setString(at++, specification.owner());
                insert.setString(at++, specification.endpoint());
                insert.setBytes(at++, task.data().bytes());
                insert.setString(at++, specification.callbackUrl());
                insert.setString(at++, specification.traceId());
                insert.setString(at++, specification.batchId());
                insert.setString(at++, specification.customId());
                insert.setLong(at++, task.expires());
                insert.setString(at++, specification.group());
                Rows.setPositive(insert, at++, task.delivery().due());
                insert.setObject(at++, task.retries().maxAttempts(), Types.INTEGER);
                insert.setString(at++, task.retries().backoffText());
                Duration attemptTimeout = task.retries().attemptTimeout();
                Rows.setPositive(insert, at++, attemptTimeout == null ? 0 : attemptTimeout.toMillis());
                insert.setObject(at, specification.line(), Types.INTEGER);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /**
     * Ends tasks, the first of two ends for one task winning, and owes their callbacks, all in one transaction.
     *
     * @param notes of attempts that are not in the rows yet: those of tasks that end are written with their end
     */
    List<Ending> end(List<End> ends, Map<TaskId, LeaseNote> notes) {
        return database.transaction(connection -> {
            Map<String, Decided> locked = lock(connection, ends);
            long now = clock.millis();
            List<Ending> answers = new ArrayList<>(ends.size());
            List<End> accepted = new ArrayList<>(ends.size());
            List<OwedCallback> owed = new ArrayList<>();
            List<DeadLetter> dead = new ArrayList<>();
            List<Tally.Ended> lines = new ArrayList<>(0);
            for (End end : ends) {
                Decided row = locked.get(end.id().text());
                Completion completion = row == null ? Completion.UNKNOWN : row.decide(end, notes.get(end.id()), now);
                boolean owes = completion == Completion.ACCEPTED
                        && end.callsBack()
                        && end.id().mode() == ResponseMode.CALLBACK
                        && row.callbackUrl != null;
                answers.add(new Ending(completion, Optional.ofNullable(row).map(decided -> decided.before), owes));
                if (completion != Completion.ACCEPTED) {
                    continue;
                }
                accepted.add(end);
                if (row.before.batch().isPresent()) {
                    lines.add(Tally.Ended.of(row.before.batch().get(), end));
                } else if (end.givenUp()) {
                    dead.add(new DeadLetter(end.id(), row.owner, now, end.error()));
                }
                if (owes) {
                    owed.add(new OwedCallback(
                            end.id().text(),
                            row.owner,
                            row.callbackUrl,
                            end.result().bytes(),
                            row.traceId));
                }
            }
            if (!accepted.isEmpty()) {
                write(connection, accepted, locked, notes, now);
            }
            if (!owed.isEmpty()) {
                callbacks.owe(connection, owed);
            }
            if (!dead.isEmpty()) {
                bury(connection, dead);
            }
            if (!lines.isEmpty()) {
                tally.add(connection, lines);
            }
            return answers;
        });
    }

    /** Writes ends into rows that this transaction has locked. */
    private static void write(
            Connection connection, List<End> ends, Map<String, Decided> rows, Map<TaskId, LeaseNote> notes, long now)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("INSERT INTO task (" + LockedRows.NEVER_INSERTED
                + ", state, result, error, ended, worker, started, max_lost, attempt) VALUES "
                + Rows.of("(" + LockedRows.NEVER_INSERTED_VALUES + ", ?, ?, ?, ?, ?, ?, ?, ?)", ends.size())
                + " ON DUPLICATE KEY UPDATE state = VALUES(state), result = VALUES(result), error = VALUES(error),"
                + " ended = VALUES(ended), deadline = NULL, due = NULL,"
                + " worker = IF(attempt < VALUES(attempt), COALESCE(VALUES(worker), worker), worker),"
                + " started = IF(attempt < VALUES(attempt), COALESCE(VALUES(started), started), started),"
                + " max_lost = IF(attempt < VALUES(attempt), COALESCE(VALUES(max_lost), max_lost), max_lost),"
                // last, for what comes before it looks at the old one
                + " attempt = GREATEST(attempt, VALUES(attempt))")) {
            int at = 1;
            for (End end : ends) {
                Optional<LeaseNote> note = Optional.ofNullable(notes.get(end.id()));
                update.setString(at++, end.id().text());
                update.setString(at++, end.outcome().word());
                // What the server itself says of a line, its batch says in its own words.
                boolean ownWords = end.fields() == null
                        && rows.get(end.id().text()).before.batch().isPresent();
                update.setBytes(
                        at++,
                        end.result() == null || ownWords ? null : end.result().bytes());
                update.setString(at++, end.error());
                update.setLong(at++, now);
                update.setString(at++, note.map(of -> of.delivery().worker()).orElse(null));
                Rows.setPositive(
                        update, at++, note.map(of -> of.delivery().started()).orElse(0L));
                update.setObject(at++, note.map(LeaseNote::maxLost).orElse(null), Types.INTEGER);
                update.setInt(at++, note.map(of -> of.delivery().attempt()).orElse(0));
            }
            update.executeUpdate();
        }
    }

    static void bury(Connection connection, List<DeadLetter> dead) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO dead_letter (task_id, queue, owner, died, error) VALUES (?, ?, ?, ?, ?)"
                        + " ON DUPLICATE KEY UPDATE died = VALUES(died), error = VALUES(error)")) {
            for (DeadLetter letter : dead) {
                insert.setString(1, letter.id().text());
                insert.setInt(2, letter.id().queue());
                insert.setString(3, letter.owner());
                insert.setLong(4, letter.died());
                insert.setString(5, letter.error());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** A locked row, and what this transaction has decided about it so far. */
    private static final class Decided {
        final Row before;
        final String callbackUrl;
        final String owner;
        final String traceId;
        private TaskState state;
        private byte[] result;

        Decided(ResultSet row) throws SQLException {
            before = new Row(
                    TaskState.of(row.getString("state")),
                    row.getString("name"),
                    row.getLong("accepted"),
                    row.getLong("started"),
                    row.getLong("expires"),
                    row.getInt("attempt"),
                    row.getObject("line") == null ? Optional.empty() : Optional.of(row.getString("batch_id")));
            callbackUrl = row.getString("callback_url");
            owner = row.getString("owner");
            traceId = row.getString("trace_id");
            state = before.state();
            result = row.getBytes("result");
        }

        /** @param note of an attempt that the row may not know yet, or null */
        Completion decide(End end, LeaseNote note, long now) {
            byte[] sent = end.result() == null ? null : end.result().bytes();
            if (state.isFinal()) {
                return state == end.outcome() && Arrays.equals(result, sent) ? Completion.SAME : Completion.REFUSED;
            }
            boolean noted = note != null && note.delivery().attempt() > before.attempt();
            int latest = noted ? note.delivery().attempt() : before.attempt();
            if (end.attempt().isPresent() && latest > end.attempt().getAsInt()) {
                return Completion.OLDER_ATTEMPT;
            }
            if (end.onlyWaiting() && (noted ? note.state() : state) == TaskState.RUNNING) {
                return Completion.REFUSED;
            }
            boolean late = before.expires() <= now;
            if (late && end.outcome() != TaskState.TIMEOUT && end.outcome() != TaskState.CANCELLED) {
                return Completion.REFUSED;
            }
            state = end.outcome();
            result = sent;
            return Completion.ACCEPTED;
        }
    }

    private static Map<String, Decided> lock(Connection connection, List<End> ends) throws SQLException {
        return LockedRows.lock(
                connection,
                // not joined with the queue, whose row it would lock too, and which a young table's statistics put
                // first
                "id, state, (SELECT q.name FROM queue q WHERE q.id = task.queue) AS name, accepted, started, expires,"
                        + " attempt, callback_url, owner, trace_id, batch_id, line,"
                        + " IF(ended IS NULL, NULL, result) AS result",
                ends.stream().map(End::id),
                Decided::new);
    }

    /**
     * Says that scheduled tasks wait, for they are due (ms).
     *
     * @return those of them of which nobody had said so before
     */
    List<TaskId> letWait(List<TaskId> due, long now) {
        return database.transaction(connection -> {
            Map<String, Boolean> scheduled = LockedRows.lock(
                    connection,
                    "id, state, due",
                    due.stream(),
                    row -> TaskState.of(row.getString("state")) == TaskState.SCHEDULED && row.getLong("due") <= now);
            List<TaskId> changed = due.stream()
                    .filter(id -> scheduled.getOrDefault(id.text(), false))
                    .toList();
            if (!changed.isEmpty()) {
                try (PreparedStatement update =
                        connection.prepareStatement("UPDATE task SET state = 'waiting', due = NULL WHERE id = ?")) {
                    for (TaskId id : changed) {
                        update.setString(1, id.text());
                        update.addBatch();
                    }
                    update.executeBatch();
                }
            }
            return changed;
        });
    }

    Optional<Task> find(TaskId id) {
        return find(List.of(id)).get(0);
    }

    /** Those of these tasks that exist, each in the place of its id. */
    List<Optional<Task>> find(List<TaskId> ids) {
        Map<TaskId, Task> found = new HashMap<>();
        rows.read(
                        "SELECT " + COLUMNS + ", t.data, t.result" + FROM + "WHERE t.id IN (" + Rows.marks(ids.size())
                                + ")",
                        ids.stream().map(TaskId::text).toList(),
                        TaskTable::whole)
                .forEach(task -> found.put(task.id(), task));
        return ids.stream().map(id -> Optional.ofNullable(found.get(id))).toList();
    }

    /** The data of tasks whose data does not fit the window. */
    Map<TaskId, RawJson> data(Collection<TaskId> ids) {
        Map<TaskId, RawJson> data = new HashMap<>();
        rows.read(
                "SELECT id, data FROM task WHERE id IN (" + Rows.marks(ids.size()) + ")",
                ids.stream().map(TaskId::text).toList(),
                row -> data.put(TaskId.parse(row.getString("id")), new RawJson(row.getBytes("data"))));
        return data;
    }

    /** The states of those tasks that exist. */
    Map<TaskId, TaskState> states(Collection<TaskId> ids) {
        Map<TaskId, TaskState> states = new HashMap<>();
        if (!ids.isEmpty()) {
            rows.read(
                    "SELECT id, state FROM task WHERE id IN (" + Rows.marks(ids.size()) + ")",
                    ids.stream().map(TaskId::text).toList(),
                    row -> states.put(TaskId.parse(row.getString("id")), TaskState.of(row.getString("state"))));
        }
        return states;
    }

    /** A task with its place in the order of acceptance (microseconds), of which no two of a queue have the same. */
    record Accepted(TaskId id, long accepted) {}

    /** What waits at a level of what was accepted after {@code after} and until {@code until}, oldest first. */
    List<Accepted> waiting(int queue, Level level, long after, long until, int most) {
        return rows.read(
                "SELECT id, accepted FROM task WHERE queue = ? AND level = ? AND state = 'waiting'"
                        + " AND accepted > ? AND accepted <= ? ORDER BY accepted LIMIT ?",
                List.of(queue, level.value(), after, until, most),
                row -> new Accepted(TaskId.parse(row.getString("id")), row.getLong("accepted")));
    }

    /** Tasks of these queues that have not ended although their life is over. */
    List<TaskId> expired(Collection<Integer> queues, int most) {
        List<Object> values = new ArrayList<>(queues);
        values.add(clock.millis());
        values.add(most);
        return rows.read(
                "SELECT id FROM task FORCE INDEX (by_end) WHERE queue IN (" + Rows.marks(queues.size())
                        + ") AND ended IS NULL AND expires <= ? AND level > 0 ORDER BY expires LIMIT ?",
                values,
                row -> TaskId.parse(row.getString("id")));
    }

    /** One page of offline tasks, newest first, without their data and results. */
    List<Task> list(TaskFilter filter) {
        StringBuilder where = new StringBuilder("WHERE " + OFFLINE);
        List<Object> values = new ArrayList<>();
        if (filter.queue().isEmpty()
                && filter.owner().isEmpty()
                && !filter.states().isEmpty()) {
            // Named, they let MariaDB jump in by_queue to those in a state; otherwise it reads the whole table.
            List<Integer> queues = rows.read("SELECT DISTINCT queue FROM task", List.of(), row -> row.getInt("queue"));
            if (queues.isEmpty()) {
                return List.of();
            }
            where.append(" AND t.queue IN (").append(Rows.marks(queues.size())).append(')');
            values.addAll(queues);
        }
        filter.owner().ifPresent(owner -> and(where, values, "t.owner = ?", owner));
        filter.queue().ifPresent(queue -> and(where, values, "t.queue = ?", queue.number()));
        if (!filter.states().isEmpty()) {
            where.append(" AND t.state IN (")
                    .append(Rows.marks(filter.states().size()))
                    .append(')');
            filter.states().forEach(state -> values.add(state.word()));
        }
        filter.batch().ifPresent(batch -> and(where, values, "t.batch_id = ?", batch));
        filter.from().ifPresent(from -> and(where, values, "t.accepted >= ?", from.toEpochMilli() * 1000));
        filter.to().ifPresent(to -> and(where, values, "t.accepted < ?", to.toEpochMilli() * 1000));
        filter.text().ifPresent(text -> {
            String like = containing(text);
            and(where, values, "(t.error LIKE ? OR t.custom_id LIKE ?)", like);
            values.add(like);
        });
        filter.after().ifPresent(after -> {
            and(where, values, "(t.accepted < ? OR (t.accepted = ? AND t.id < ?))", after.accepted());
            values.add(after.accepted());
            values.add(after.id().text());
        });
        values.add(filter.limit());
        return rows.read(
                "SELECT " + COLUMNS + ", NULL AS data, NULL AS result" + FROM + where
                        + " ORDER BY t.accepted DESC, t.id DESC LIMIT ?",
                values,
                TaskTable::whole);
    }

    /** The pattern for {@code LIKE} that finds a text anywhere. */
    static String containing(String text) {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }

    private static void and(StringBuilder where, List<Object> values, String condition, Object value) {
        where.append(" AND ").append(condition);
        values.add(value);
    }

    static Task whole(ResultSet row) throws SQLException {
        byte[] data = row.getBytes("data");
        byte[] result = row.getBytes("result");
        long timeout = row.getLong("attempt_timeout");
        return new Task(
                TaskId.parse(row.getString("id")),
                TaskState.of(row.getString("state")),
                new Specification(
                        row.getString("name"),
                        row.getString("endpoint"),
                        row.getString("owner"),
                        row.getString("callback_url"),
                        row.getString("trace_id"),
                        row.getString("batch_id"),
                        row.getString("custom_id"),
                        row.getString("task_group"),
                        row.getObject("line", Integer.class)),
                new Retries(
                        row.getObject("max_attempts", Integer.class),
                        Retries.backoff(row.getString("backoff")),
                        timeout > 0 ? Duration.ofMillis(timeout) : null),
                data == null ? null : new RawJson(data),
                row.getLong("accepted"),
                row.getLong("expires"),
                new Delivery(
                        row.getInt("attempt"),
                        row.getInt("lost"),
                        row.getInt("failures"),
                        row.getString("worker"),
                        row.getLong("started"),
                        row.getLong("deadline"),
                        row.getLong("due")),
                row.getLong("ended"),
                result == null ? null : new RawJson(result),
                null,
                row.getString("error"),
                null);
    }

    static StoredTask stored(ResultSet row) throws SQLException {
        return new StoredTask(
                whole(row), row.getInt("size"), row.getObject("max_lost", Integer.class), row.getBoolean("sequential"));
    }
}
