package io.carillon.task;

import io.carillon.platform.redis.Script;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Redis's side of a rebuild. Safe for many threads. */
class Restoration {
    private static final long LEAST_LEASE_MILLIS = 10_000;
    private final Script confirm = Script.named("confirm");
    private final Script forget = Script.named("forget");
    private final Script restore = Script.named("restore");
    private final Script open = Script.named("open");
    private final QueueScripts scripts;

    Restoration(QueueScripts scripts) {
        this.scripts = scripts;
    }

    /** Whether this epoch of a queue was opened on this run of Redis. */
    CompletionStage<Boolean> isOpen(int queue, long epoch) {
        return scripts.numberOfAnyEpoch(confirm, queue, epoch).thenApply(open -> open == 1);
    }

    /** Forgets some of what Redis has of a queue's offline tasks, after which none of its scripts does anything. */
    CompletionStage<Long> forget(int queue, int most) {
        return scripts.numberOfAnyEpoch(forget, queue, most);
    }

    /**
     * Brings back tasks that run.
     *
     * @param why {@link Window.Adding#REBUILD} to bring back all; {@link Window.Adding#AGAIN} for single ones
     */
    CompletionStage<Long> restore(int queue, Collection<StoredTask> running, Window.Adding why) {
        List<Object> arguments = new ArrayList<>();
        for (StoredTask stored : running) {
            Task task = stored.task();
            Delivery delivery = task.delivery();
            Map<String, Object> fields = Window.fields(stored, why);
            arguments.add(task.id().text());
            arguments.add(task.id().level().value());
            arguments.add(task.accepted());
            arguments.add(task.expires());
            arguments.add(delivery.attempt());
            arguments.add(stored.group());
            arguments.add(Window.orEmpty(delivery.worker()));
            arguments.add(delivery.started());
            arguments.add(Math.max(LEAST_LEASE_MILLIS, delivery.deadline() - delivery.started()));
            arguments.add(delivery.deadline());
            arguments.add(stored.sequential() ? "sequential" : "");
            arguments.add(why == Window.Adding.REBUILD ? "" : task.state().word());
            arguments.add(task.specification().json());
            arguments.add(fields.size());
            Window.addFields(arguments, fields);
        }
        return why == Window.Adding.REBUILD
                ? scripts.numberOfAnyEpoch(restore, queue, arguments.toArray())
                : scripts.number(restore, queue, arguments.toArray());
    }

    /** What Redis has of the queue is complete. */
    CompletionStage<Long> open(int queue, long epoch, long newest, Map<String, Long> counts) {
        List<Object> arguments = new ArrayList<>(List.of(epoch, newest));
        counts.forEach((name, value) -> {
            arguments.add(name);
            arguments.add(value);
        });
        return scripts.numberOfAnyEpoch(open, queue, arguments.toArray());
    }
}
