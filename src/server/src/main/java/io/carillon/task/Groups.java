package io.carillon.task;

import io.carillon.platform.redis.Script;
import java.util.concurrent.CompletionStage;

/**
 * Stops groups of a queue and lets them go on. Only Redis knows of it, so whoever stopped a group says so again from time to
 * time. Stages fail with {@link io.carillon.platform.error.Refused} when Redis does not answer. Safe for many threads.
 */
public class Groups {
    private final Script group = Script.named("group");
    private final QueueScripts scripts;

    Groups(QueueScripts scripts) {
        this.scripts = scripts;
    }

    /** From its end on, nothing of the group is given to a worker. Completes with whether that is news. */
    public CompletionStage<Boolean> stop(int queue, String name) {
        return scripts.number(group, queue, name, "stop").thenApply(changed -> changed == 1);
    }

    /** Completes with whether that is news. */
    public CompletionStage<Boolean> goOn(int queue, String name) {
        return scripts.number(group, queue, name, "go").thenApply(changed -> changed == 1);
    }
}
