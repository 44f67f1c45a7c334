package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Mends counts of open tasks that a crash between the stores has put wrong. MariaDB learns of what Redis decides a little
 * later, so a difference alone says nothing; one that is the same at two looks in a row, between which nothing was put, taken
 * or ended, does. For one thread.
 */
class Recount {
    private static final List<TaskState> OPEN = List.of(TaskState.SCHEDULED, TaskState.WAITING, TaskState.RUNNING);
    private static final long PATIENCE_SECONDS = 10;
    /** Counting more than this many rows is not done at every look. */
    private static final long CHEAP = 10_000;

    private static final int RARELY = 12;
    /** Counts that only grow: while they do, tasks that are short never run as far as MariaDB knows. */
    private static final List<String> CHANGES = List.of("put", "taken", "completed", "redelivered");

    /** How far a level's counts were off, and how much had happened until then. */
    private record Seen(Map<TaskState, Long> differences, long changes) {}

    private final Contents contents;
    private final Backlog backlog;
    private final Map<Takes.ReadyLevel, Seen> before = new HashMap<>();
    private long looks;

    Recount(Contents contents, Backlog backlog) {
        this.contents = contents;
        this.backlog = backlog;
    }

    void look(List<Takes.ReadyLevel> levels) {
        boolean all = looks++ % RARELY == 0;
        Map<Integer, List<QueueState>> seen = new HashMap<>();
        for (Takes.ReadyLevel level : levels) {
            Map<String, Long> counts = seen
                    .computeIfAbsent(level.queue(), queue -> Stages.await(contents.depth(queue), PATIENCE_SECONDS))
                    .stream()
                    .filter(state -> state.level().equals(level.level()))
                    .map(QueueState::counts)
                    .findFirst()
                    .orElse(Map.of());
            long open = OPEN.stream()
                    .mapToLong(state -> Math.abs(counts.getOrDefault(state.word(), 0L)))
                    .sum();
            if (all || open <= CHEAP) {
                compare(level, counts);
            }
        }
    }

    private void compare(Takes.ReadyLevel level, Map<String, Long> counts) {
        Map<TaskState, Long> right = backlog.open(level.queue(), level.level());
        Map<TaskState, Long> now = new EnumMap<>(TaskState.class);
        long changes = CHANGES.stream()
                .mapToLong(change -> counts.getOrDefault(change, 0L))
                .sum();
        Seen last = before.get(level);
        Map<TaskState, Long> same = last == null || last.changes() != changes ? Map.of() : last.differences();
        for (TaskState state : OPEN) {
            long is = counts.getOrDefault(state.word(), 0L);
            long should = right.getOrDefault(state, 0L);
            long difference = is - should;
            if (difference != 0 && same.getOrDefault(state, 0L) == difference) {
                Stages.await(contents.recount(level.queue(), level.level(), state, is, should), PATIENCE_SECONDS);
            } else if (difference != 0) {
                now.put(state, difference);
            }
        }
        before.put(level, new Seen(now, changes));
    }
}
