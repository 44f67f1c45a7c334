package io.carillon.task;

import io.carillon.platform.database.Database;
import io.carillon.queue.Level;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The offline tasks that have not ended, as MariaDB has them: what the window on them in Redis is filled from; and online
 * ones that begin anew after they were given up. All of it blocks. Safe for many threads.
 */
class Backlog {
    /** Large data stays where it is: it is read when its task is taken. */
    private static final String WHOLE_OF = "SELECT " + TaskTable.COLUMNS + ", IF(LENGTH(t.data) <= " + StoredTask.LARGE
            + ", t.data, NULL) AS data, LENGTH(t.data) AS size, NULL AS result";

    private static final String WHOLE = WHOLE_OF + TaskTable.FROM;

    private static final String WITHOUT_DATA =
            "SELECT " + TaskTable.COLUMNS + ", NULL AS data, LENGTH(t.data) AS size, NULL AS result" + TaskTable.FROM;
    private static final String OPEN = "('scheduled', 'waiting', 'running')";

    /** A task's place in its queue. */
    record Place(TaskId id, long accepted) {}

    private final Rows rows;

    Backlog(Database database) {
        this.rows = new Rows(database);
    }

    /** The offline levels that have open tasks; of some queues those that have tasks at all. */
    List<Takes.ReadyLevel> levels(Set<Integer> queues) {
        // A jump in the index for each state: asked for all three at once, MariaDB reads every task of the level.
        return rows
                .read(
                        "SELECT queue, level, " + has("waiting") + " OR " + has("running") + " OR " + has("scheduled")
                                + " AS open FROM (SELECT queue, level FROM task GROUP BY queue, level) l",
                        List.of(),
                        row -> new LevelWithRows(level(row), row.getBoolean("open")))
                .stream()
                .filter(found -> found.open() || queues.contains(found.level().queue()))
                .map(LevelWithRows::level)
                .filter(level -> !level.level().isOnline())
                .toList();
    }

    private record LevelWithRows(Takes.ReadyLevel level, boolean open) {}

    private static Takes.ReadyLevel level(ResultSet row) throws SQLException {
        return new Takes.ReadyLevel(row.getInt("queue"), new Level(row.getInt("level")));
    }

    private static String has(String state) {
        return "EXISTS (SELECT 1 FROM task t WHERE t.queue = l.queue AND t.level = l.level AND t.state = '" + state
                + "')";
    }

    /** Online tasks that were given up and begin anew, and may not be in Redis yet. */
    List<TaskId> replayedOnline(int most) {
        List<Integer> queues = levelsWithRows().stream()
                .filter(level -> level.level().isOnline())
                .map(Takes.ReadyLevel::queue)
                .toList();
        List<TaskId> replayed = new ArrayList<>();
        for (int queue : queues) {
            replayed.addAll(rows.read(
                    "SELECT id FROM task WHERE queue = ? AND level = 0 AND state = 'waiting' ORDER BY accepted LIMIT ?",
                    List.of(queue, most),
                    row -> TaskId.parse(row.getString("id"))));
        }
        return replayed;
    }

    /** Costs one index jump each. */
    private List<Takes.ReadyLevel> levelsWithRows() {
        return rows.read("SELECT queue, level FROM task GROUP BY queue, level", List.of(), Backlog::level);
    }

    /** The places of a level's tasks that wait or run, in order, after {@code after} and up to {@code until}. */
    List<Place> open(int queue, Level level, long after, long until, int most) {
        return rows.read(
                "SELECT id, accepted FROM task WHERE queue = ? AND level = ? AND state IN ('waiting', 'running')"
                        + " AND accepted > ? AND accepted <= ? ORDER BY accepted LIMIT ?",
                List.of(queue, level.value(), after, until, most),
                row -> new Place(TaskId.parse(row.getString("id")), row.getLong("accepted")));
    }

    /** Those of these tasks that have not ended, whole. */
    List<StoredTask> stillOpen(Collection<TaskId> ids) {
        return rows.read(
                WHOLE + "WHERE t.id IN (" + Rows.marks(ids.size()) + ") AND t.state IN " + OPEN,
                ids.stream().map(TaskId::text).toList(),
                TaskTable::stored);
    }

    /** What waits of a group after {@code after}, in acceptance order, whole. */
    List<StoredTask> waiting(int queue, Level level, String group, long after, int most) {
        String rest = " AND t.queue = ? AND t.level = ? AND t.accepted > ? ORDER BY t.accepted LIMIT ?";
        return group.isEmpty()
                ? rows.read(
                        WHOLE + "WHERE t.state = 'waiting' AND t.task_group IS NULL" + rest,
                        List.of(queue, level.value(), after, most),
                        TaskTable::stored)
                : rows.read(
                        WHOLE + "WHERE t.waiting_group = ?" + rest,
                        List.of(group, queue, level.value(), after, most),
                        TaskTable::stored);
    }

    /** A scheduled task's place in the order in which they are due (ms); of those due at once, by the text of its id. */
    record DuePlace(long due, String id) {}

    /** Scheduled tasks that are due after a place and up to an instant (ms), in their order, whole. */
    List<StoredTask> due(DuePlace after, long until, int most) {
        return rows.read(
                // Read in the order of the index and no further than wanted, whatever the statistics say.
                WHOLE_OF + " FROM task t FORCE INDEX (by_due) STRAIGHT_JOIN queue q ON q.id = t.queue"
                        + " WHERE t.due >= ? AND t.due <= ? AND (t.due > ? OR t.id > ?) AND t.state = 'scheduled'"
                        + " ORDER BY t.due, t.id LIMIT ?",
                List.of(after.due(), until, after.due(), after.id(), most),
                TaskTable::stored);
    }

    /** Scheduled tasks that are overdue (ms): Redis lets what is due wait without a word to MariaDB. */
    List<TaskId> overdue(long now, int most) {
        return rows.read(
                "SELECT id FROM task WHERE due <= ? AND state = 'scheduled' ORDER BY due LIMIT ?",
                List.of(now, most),
                row -> TaskId.parse(row.getString("id")));
    }

    /** What runs in a queue after {@code after}, in the order of ids, whole. */
    List<StoredTask> running(int queue, Level level, long after, int most) {
        return rows.read(
                WITHOUT_DATA + "WHERE t.queue = ? AND t.level = ? AND t.state = 'running' AND t.accepted > ?"
                        + " ORDER BY t.accepted LIMIT ?",
                List.of(queue, level.value(), after, most),
                TaskTable::stored);
    }

    /** The groups of a level that have waiting tasks, each with its newest place. */
    Map<String, Long> groups(int queue, Level level) {
        Map<String, Long> groups = new HashMap<>();
        rows.read(
                "SELECT COALESCE(task_group, '') AS name, MAX(accepted) AS newest FROM task"
                        + " WHERE queue = ? AND level = ? AND state = 'waiting' GROUP BY task_group",
                List.of(queue, level.value()),
                row -> groups.put(row.getString("name"), row.getLong("newest")));
        return groups;
    }

    /** The highest place that was ever given in a queue; 0 when none was. */
    long newest(int queue) {
        return rows
                .read(
                        "SELECT MAX(accepted) AS newest FROM task WHERE queue = ? GROUP BY queue, level, state",
                        List.of(queue),
                        row -> row.getLong("newest"))
                .stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }

    /** How many tasks of a level have not ended, by state. */
    Map<TaskState, Long> open(int queue, Level level) {
        Map<TaskState, Long> counts = new EnumMap<>(TaskState.class);
        rows.read(
                "SELECT state, COUNT(*) AS tasks FROM task WHERE queue = ? AND level = ? AND state IN " + OPEN
                        + " GROUP BY state",
                List.of(queue, level.value()),
                row -> counts.put(TaskState.of(row.getString("state")), row.getLong("tasks")));
        return counts;
    }

    /** How many offline tasks of each level of a queue are in each state, as {@code <level>:<state>}. */
    Map<String, Long> counts(int queue) {
        Map<String, Long> counts = new HashMap<>();
        rows.read(
                "SELECT level, state, COUNT(*) AS tasks FROM task WHERE queue = ? AND level > 0 GROUP BY level, state",
                List.of(queue),
                row -> counts.put(row.getInt("level") + ":" + row.getString("state"), row.getLong("tasks")));
        return counts;
    }
}
