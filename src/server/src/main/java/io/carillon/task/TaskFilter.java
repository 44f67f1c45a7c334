package io.carillon.task;

import io.carillon.queue.Queue;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;

/**
 * Which tasks somebody wants to see.
 *
 * @param owner only those put with this key (its public id)
 * @param states only those in one of them; empty for all
 * @param from only those accepted then or later
 * @param to only those accepted before
 * @param text only those with this text in their error or custom id
 * @param limit at most so many, 1 to 1,000
 * @param after the last task of the page before
 */
public record TaskFilter(
        Optional<String> owner,
        Optional<Queue> queue,
        Set<TaskState> states,
        Optional<String> batch,
        Optional<Instant> from,
        Optional<Instant> to,
        Optional<String> text,
        int limit,
        Optional<Task> after) {
    static final Comparator<Task> NEWEST_FIRST = Comparator.comparingLong(Task::accepted)
            .thenComparing(task -> task.id().text())
            .reversed();

    boolean matches(Task task) {
        Specification specification = task.specification();
        return owner.map(specification.owner()::equals).orElse(true)
                && queue.map(q -> q.number() == task.id().queue()).orElse(true)
                && (states.isEmpty() || states.contains(task.state()))
                && batch.map(b -> b.equals(specification.batchId())).orElse(true)
                && from.map(f -> task.acceptedMillis() >= f.toEpochMilli()).orElse(true)
                && to.map(t -> task.acceptedMillis() < t.toEpochMilli()).orElse(true)
                && text.map(t -> contains(task.error(), t) || contains(specification.customId(), t))
                        .orElse(true)
                && after.map(last -> NEWEST_FIRST.compare(last, task) < 0).orElse(true);
    }

    private static boolean contains(String text, String part) {
        return text != null && text.contains(part);
    }
}
