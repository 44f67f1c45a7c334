package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.callback.OwedCallback;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.GroupCommit;
import io.carillon.task.DeadList.Death;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Online tasks that were given up, on their way from Redis to MariaDB, where they are dead letters like all others, and back
 * when somebody begins them anew.
 *
 * <p><b>Burial.</b> The script that gives a task up puts it on the queue's list {@code dead}, and its record in Redis does
 * not expire while it is there. Then this instance writes, in one transaction, the task (a row of {@code task}, ended, at
 * level 0), its attempts, its letter and the callback that it owes, and after that takes it off the list.
 * <ul>
 *   <li>A crash after the script, before MariaDB: the list has it, and the {@link Sweep} of any instance buries it.
 *   <li>A crash after MariaDB, before it is off the list: it is buried again, which changes nothing, and taken off.
 *   <li>Two instances at once: both write the same rows, which are unique by task, attempt and callback. One may come so late
 *       that the task was replayed or discarded meanwhile, and would bring a letter back. Therefore whoever replays or
 *       discards takes the task off the list before the commit, and whoever buries looks at the list after its rows are
 *       locked and before its commit: what is off the list is not written.
 * </ul>
 *
 * <p><b>Revival.</b> A replay is decided in MariaDB like that of an offline task: its transaction makes the row a waiting one,
 * with the next attempt. Then the task is put into Redis, and then its rows are removed: from there on it is an online task like
 * any other, and its past attempts are with it in Redis.
 * <ul>
 *   <li>A crash after the commit, before Redis: the waiting row is there, and the {@link Sweep} puts it into Redis.
 *   <li>A crash after Redis, before the row is gone: it is put again; the script sees by the attempt that it was, whatever has
 *       become of it since, and does nothing. Then the row goes. (Should all of it last longer than Redis keeps ended tasks,
 *       the task runs once more: at least once.)
 *   <li>Two instances at once: both do it under the lock of the row, so the second finds nothing to do.
 * </ul>
 *
 * <p>A task keeps its id and its place, and its attempts are numbered on, so that no worker of before can end it. One whose
 * caller waited (blocking, streaming) has no caller any more: that one got an error when it was given up. Its replay is a task
 * that nobody waits for and that calls nobody back; its result can be read. It lives as long as one that was put with a callback.
 *
 * <p>Safe for many threads.
 */
class OnlineDeaths {
    private static final Logger LOG = LoggerFactory.getLogger(OnlineDeaths.class);
    private static final long PATIENCE_SECONDS = 10;
    private static final int LONGEST_ERROR = 1000;
    /** Less than {@code record_attempt} allows, so that there is room for those to come. */
    private static final int MOST_PAST = 12 << 10;

    private record Burial(Death death, Task task, List<EndedAttempt> past) {
        int size() {
            return length(task.data() == null ? null : task.data().bytes())
                    + length(task.result() == null ? null : task.result().bytes())
                    + 1024;
        }

        private static int length(byte[] bytes) {
            return bytes == null ? 0 : bytes.length;
        }
    }

    private final Database database;
    private final Window window;
    private final PastAttempts past;
    private final DeadList list;
    private final TaskTable table;
    private final AttemptTable attempts;
    private final Callbacks callbacks;
    private final Clock clock;
    private final GroupCommit<Burial, Boolean> burials;

    OnlineDeaths(
            Database database,
            Window window,
            PastAttempts past,
            DeadList list,
            TaskTable table,
            AttemptTable attempts,
            Callbacks callbacks,
            Executor executor,
            Clock clock) {
        this.database = database;
        this.window = window;
        this.past = past;
        this.list = list;
        this.table = table;
        this.attempts = attempts;
        this.callbacks = callbacks;
        this.clock = clock;
        this.burials = new GroupCommit<>(executor, Burial::size, this::write);
    }

    /** Those of a queue that are not in MariaDB yet; any, at most {@code most}. */
    CompletionStage<List<Death>> unburied(int queue, int most) {
        return list.some(queue, most);
    }

    /** Brings one that was given up to MariaDB, and takes it off the list. Never fails; whether it was done by this call. */
    CompletionStage<Boolean> bury(Death death) {
        return window.find(death.id())
                .thenCompose(found -> found.filter(task -> isOf(death, task)).isEmpty()
                        // Redis has lost it, or somebody was faster and it begins anew.
                        ? CompletableFuture.completedStage(Optional.<Burial>empty())
                        : past.of(death.id())
                                .thenApply(attempts -> Optional.of(new Burial(death, found.get(), attempts))))
                .thenCompose(burial ->
                        burial.isEmpty() ? CompletableFuture.completedStage(true) : burials.write(burial.get()))
                .thenCompose(written -> list.takeOff(death))
                .exceptionally(failure -> {
                    LOG.warn("Task {} was given up and is not in MariaDB yet: {}", death.id(), failure.getMessage());
                    return false;
                });
    }

    private static boolean isOf(Death death, Task task) {
        return task.state().isFinal() && task.attempt() == death.attempt();
    }

    private List<Boolean> write(List<Burial> burials) {
        List<Burial> left = burials.stream()
                .sorted(Comparator.comparing(burial -> burial.death().id().text()))
                .toList();
        for (boolean done = false; !done && !left.isEmpty(); ) {
            List<Burial> trying = left;
            left = database.transaction(connection -> {
                readCommitted(connection);
                insert(connection, trying);
                List<Burial> wanted = stillWanted(trying);
                if (wanted.size() < trying.size()) {
                    connection.rollback();
                }
                return wanted;
            });
            done = left.size() == trying.size();
        }
        callbacks.wake();
        return burials.stream().map(burial -> true).toList();
    }

    /** The default level would lock the gaps into which others insert. */
    private static void readCommitted(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
        }
    }

    private List<Burial> stillWanted(List<Burial> burials) {
        Set<Death> on =
                Stages.await(list.stillOn(burials.stream().map(Burial::death).toList()), PATIENCE_SECONDS);
        return burials.stream().filter(burial -> on.contains(burial.death())).toList();
    }

    private void insert(Connection connection, List<Burial> burials) throws SQLException {
        insertTasks(connection, burials);
        AttemptTable.insert(
                connection,
                burials.stream().flatMap(burial -> burial.past().stream()).toList());
        List<OwedCallback> owed = burials.stream()
                .map(Burial::task)
                .filter(task -> task.id().mode() == ResponseMode.CALLBACK
                        && task.specification().callbackUrl() != null)
                .map(task -> new OwedCallback(
                        task.id().text(),
                        task.specification().owner(),
                        task.specification().callbackUrl(),
                        task.result().bytes(),
                        task.specification().traceId()))
                .toList();
        if (!owed.isEmpty()) {
            callbacks.owe(connection, owed);
        }
        TaskTable.bury(
                connection,
                burials.stream()
                        .map(Burial::task)
                        .map(task ->
                                new DeadLetter(task.id(), task.specification().owner(), task.ended(), error(task)))
                        .toList());
    }

    private static String error(Task task) {
        String error = task.error();
        return error == null || error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR);
    }

    private static void insertTasks(Connection connection, List<Burial> burials) throws SQLException {
        // Whoever began it anew may not have removed its row yet.
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM task WHERE id = ? AND state = 'waiting' AND attempt < ?")) {
            for (Burial burial : burials) {
                delete.setString(1, burial.death().id().text());
                delete.setInt(2, burial.death().attempt());
                delete.addBatch();
            }
            delete.executeBatch();
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO task (id, queue, level, accepted, state, owner, endpoint, data, callback_url, trace_id,"
                        + " batch_id, custom_id, expires, attempt, lost, failures, worker, started, ended, result, error,"
                        + " task_group, max_attempts, backoff, attempt_timeout)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON DUPLICATE KEY UPDATE id = VALUES(id)")) {
            for (Burial burial : burials) {
                set(insert, burial.task());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void set(PreparedStatement insert, Task task) throws SQLException {
        Specification specification = task.specification();
        Delivery delivery = task.delivery();
        Duration attemptTimeout = task.retries().attemptTimeout();
        int i = 1;
        insert.setString(i++, task.id().text());
        insert.setInt(i++, task.id().queue());
        insert.setInt(i++, task.id().level().value());
        insert.setLong(i++, task.accepted());
        insert.setString(i++, task.state().word());
        insert.setString(i++, specification.owner());
        insert.setString(i++, specification.endpoint());
        insert.setBytes(i++, task.data().bytes());
        insert.setString(i++, specification.callbackUrl());
        insert.setString(i++, specification.traceId());
        insert.setString(i++, specification.batchId());
        insert.setString(i++, specification.customId());
        insert.setLong(i++, task.expires());
        insert.setInt(i++, delivery.attempt());
        insert.setInt(i++, delivery.lost());
        insert.setInt(i++, delivery.failures());
        insert.setString(i++, delivery.worker());
        insert.setObject(i++, delivery.started() > 0 ? delivery.started() : null, Types.BIGINT);
        insert.setLong(i++, task.ended());
        insert.setBytes(i++, task.result() == null ? null : task.result().bytes());
        insert.setString(i++, error(task));
        insert.setString(i++, specification.group());
        insert.setObject(i++, task.retries().maxAttempts(), Types.INTEGER);
        insert.setString(i++, task.retries().backoffText());
        insert.setObject(i, attemptTimeout == null ? null : attemptTimeout.toMillis(), Types.BIGINT);
    }

    /** Before somebody replays or discards it. Blocks. */
    void takeOff(TaskId id, int attempt) {
        Stages.await(list.takeOff(new Death(id, attempt)), PATIENCE_SECONDS);
    }

    /** Puts those of these tasks into Redis that wait in MariaDB, because they begin anew. Blocks. */
    void revive(Collection<TaskId> ids) {
        for (TaskId id : ids) {
            Optional<Task> row = table.find(id).filter(task -> task.state() == TaskState.WAITING);
            if (row.isPresent()) {
                Task task = row.get();
                Duration life = Duration.ofMillis(Math.max(1, task.expires() - clock.millis()));
                byte[] past = lines(attempts.of(id));
                // Under the lock of its row: who is late must not bring back what meanwhile was removed again.
                database.transaction(connection -> {
                    if (stillWaits(connection, task)) {
                        Stages.await(list.revive(task, life, past), PATIENCE_SECONDS);
                        remove(connection, task);
                    }
                    return null;
                });
            }
        }
    }

    /** Of very many, the last. */
    private static byte[] lines(List<EndedAttempt> attempts) {
        List<byte[]> lines = new ArrayList<>();
        int size = 0;
        for (int i = attempts.size() - 1; i >= 0; i--) {
            byte[] line = attempts.get(i).json();
            size += line.length + 1;
            if (size > MOST_PAST) {
                break;
            }
            lines.add(0, line);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] line : lines) {
            all.writeBytes(line);
            all.write('\n');
        }
        return all.toByteArray();
    }

    /** What is in Redis is there alone, as for every online task. */
    private static void remove(Connection connection, Task task) throws SQLException {
        for (String table : List.of("task WHERE id = ?", "task_attempt WHERE task_id = ?")) {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table)) {
                delete.setString(1, task.id().text());
                delete.executeUpdate();
            }
        }
    }

    private static boolean stillWaits(Connection connection, Task task) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT 1 FROM task WHERE id = ? AND state = 'waiting' AND attempt = ? FOR UPDATE")) {
            select.setString(1, task.id().text());
            select.setInt(2, task.attempt());
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }
}
